import {
  type Body,
  type Capabilities,
  Headers,
  multipartBody,
  type PartInit,
  parseUri,
  SipRequest,
  textToBytes,
} from 'sip-core'
import { SeededRandom } from 'sip-core/testing'
import { describe, expect, it } from 'vitest'
import { verifyAccept, verifyBody } from './refusal.ts'
import { sdpOf } from './sdp.ts'

const capabilities = { contentTypes: new Set(['application/sdp']) } as unknown as Capabilities
const random = new SeededRandom(1)

function invite(body: Body | undefined, lines: Readonly<Record<string, string>> = {}): SipRequest {
  const headers = new Headers()
  if (body !== undefined) headers.set('Content-Type', body.type)
  for (const [name, text] of Object.entries(lines)) headers.set(name, text)
  const content = body?.content ?? ''
  const bytes = typeof content === 'string' ? textToBytes(content) : content
  return new SipRequest({ method: 'INVITE', uri: parseUri('sip:a@h'), headers, body: bytes })
}

const sdp: PartInit = { type: 'application/sdp', content: 'v=0' }
const isup: PartInit = { type: 'application/isup', content: 'x' }
const optional: PartInit = { ...isup, disposition: 'signal;handling=optional' }
const mixed = (...parts: PartInit[]) => multipartBody(parts, { random })

describe('the body of an INVITE', () => {
  it.each<[string, SipRequest]>([
    ['is not there', invite(undefined)],
    ['is a session description', invite(sdp)],
    ['need not be understood', invite(isup, { 'Content-Disposition': 'signal;handling=optional' })],
    ['has a session description beside what need not be understood', invite(mixed(optional, sdp))],
    [
      'has one in a form that is understood',
      invite(multipartBody([sdp, isup], { random, type: 'multipart/alternative' })),
    ],
  ])('is taken when it %s', (_, request) => {
    expect(verifyBody(request, capabilities)).toBeUndefined()
  })

  it('is refused when a required part is not understood', () => {
    const refusal = { status: 415, headers: { Accept: 'application/sdp' } }
    expect(verifyBody(invite(isup), capabilities)).toEqual(refusal)
    expect(verifyBody(invite(mixed(isup, sdp)), capabilities)).toEqual(refusal)
    const zipped = verifyBody(invite(sdp, { 'Content-Encoding': 'gzip' }), capabilities)
    expect(zipped).toEqual({
      status: 415,
      headers: { Accept: 'application/sdp', 'Accept-Encoding': 'identity' },
    })
  })

  it('is refused when it is no multipart though it says so', () => {
    expect(verifyBody(invite({ type: 'multipart/mixed', content: 'x' }), capabilities)).toEqual({
      status: 400,
    })
  })
})

describe('the session description', () => {
  it('is found alone and among other parts', () => {
    expect(sdpOf(invite(sdp))).toBe('v=0')
    expect(sdpOf(invite(mixed(isup, mixed(sdp))))).toBe('v=0')
    expect(sdpOf(invite({ ...sdp, type: 'Application/SDP' }, { 'Content-Disposition': 'Session' }))).toBe(
      'v=0',
    )
  })

  it('is none of another disposition or encoding, and none in a broken body', () => {
    expect(sdpOf(invite(undefined))).toBeUndefined()
    expect(sdpOf(invite(isup))).toBeUndefined()
    expect(sdpOf(invite(mixed({ ...sdp, disposition: 'early-session' })))).toBeUndefined()
    expect(sdpOf(invite(sdp, { 'Content-Encoding': 'gzip' }))).toBeUndefined()
    expect(sdpOf(invite({ type: 'multipart/mixed', content: 'x' }))).toBeUndefined()
  })
})

describe('what the caller accepts', () => {
  it.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['application/sdp', undefined],
    ['text/plain, application/*;q=0.1', undefined],
    ['text/nobodyKnowsThis', 406],
    ['application/sdp;q=0, */*', 406],
    ['', 406],
  ])('%s', (accept, status) => {
    const request = invite(sdp, accept === undefined ? {} : { Accept: accept })
    expect(verifyAccept(request)?.status).toBe(status)
  })
})
