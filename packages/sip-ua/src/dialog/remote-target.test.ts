import { Headers, parseUri, SipRequest } from 'sip-core'
import { expect, it } from 'vitest'
import { uasRemoteTarget } from './remote-target.ts'

it.each([
  ['z9hG4bKx', '<sip:here@192.0.2.1>', 'sip:here@192.0.2.1'],
  ['old', '<sip:here@192.0.2.1>', 'sip:here@192.0.2.1'],
  ['z9hG4bKx', undefined, undefined],
  ['old', undefined, 'sip:a@example.com'],
])('a peer with the branch %s and the Contact %s is at %s', (branch, contact, target) => {
  const headers = new Headers()
    .set('Via', `SIP/2.0/UDP h;branch=${branch}`)
    .set('From', '<sip:a@example.com>')
  if (contact !== undefined) headers.set('Contact', contact)
  const request = new SipRequest({ method: 'INVITE', uri: parseUri('sip:b@h'), headers })
  expect(uasRemoteTarget(request)?.toString()).toBe(target)
})

it('a peer of which nothing is known is nowhere', () => {
  const headers = new Headers().set('From', '<sip:a@example.com>')
  const request = new SipRequest({ method: 'INVITE', uri: parseUri('sip:b@h'), headers })
  expect(uasRemoteTarget(request)).toBeUndefined()
})
