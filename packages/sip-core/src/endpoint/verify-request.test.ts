import { describe, expect, it } from 'vitest'
import { NameAddr, parseUri } from '../message/index.ts'
import { Capabilities } from './capabilities.ts'
import { createRequest } from './create-request.ts'
import { type Refusal, verifyRequest } from './verify-request.ts'

const capabilities = new Capabilities()
for (const method of ['INVITE', 'ACK', 'CANCEL']) capabilities.methods.add(method)
capabilities.extensions.add('replaces').add('timer')

function verify(method: string, uri = 'sip:bob@192.0.2.2', headers: Record<string, string> = {}) {
  const address = new NameAddr({ uri: 'sip:a@example.com' })
  const init = { method, uri: parseUri(uri), from: address, to: address, callId: '1', seq: 1, headers }
  return verifyRequest(createRequest(init), capabilities)
}

const ALLOW = 'OPTIONS, INVITE, ACK, CANCEL'

describe('verifyRequest', () => {
  it.each<[string, Refusal | undefined, Refusal | undefined]>([
    ['what can be taken', verify('INVITE'), undefined],
    ['a tel URI', verify('INVITE', 'tel:+1-201-555-0123'), undefined],
    ['a method for others', verify('REFER'), { status: 405, headers: { Allow: ALLOW } }],
    ['a method for nobody', verify('JUMP'), { status: 501, headers: { Allow: ALLOW } }],
    ['a method in small letters', verify('invite'), { status: 501, headers: { Allow: ALLOW } }],
    ['another scheme', verify('INVITE', 'mailto:a@b'), { status: 416 }],
    ['what is known', verify('INVITE', undefined, { Require: 'timer' }), undefined],
    [
      'what is not',
      verify('INVITE', undefined, { Require: 'timer, a, b' }),
      { status: 420, headers: { Unsupported: 'a, b' } },
    ],
    ['what proxies must know', verify('INVITE', undefined, { 'Proxy-Require': 'c' }), undefined],
    ['but not of an ACK', verify('ACK', undefined, { Require: 'a' }), undefined],
    ['nor of a CANCEL', verify('CANCEL', undefined, { Require: 'a' }), undefined],
  ])('%s', (_, refusal, expected) => {
    expect(refusal).toEqual(expected)
  })
})
