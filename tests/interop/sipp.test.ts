import { describe, expect, it } from 'vitest'
import { NodeAgent, SDP } from './node-agent.ts'
import { Sipp } from './sipp.ts'

describe('SIPp over UDP', () => {
  it('its own uac calls an answering user agent, 200 times', async () => {
    await using bob = await NodeAgent.start('bob')
    bob.ua.on('invite', (incoming) => {
      incoming.ring()
      incoming.accept({ sdp: SDP })
    })
    await using sipp = await Sipp.start({
      scenario: 'uac',
      remote: bob.address,
      service: 'bob',
      calls: 200,
      rate: 100,
      args: ['-d', '50'],
    })
    await sipp.passed
    bob.expectNoDialogs()
  })

  it('its own uas is called by a user agent, which hangs up', async () => {
    await using alice = await NodeAgent.start('alice')
    await using sipp = await Sipp.start({ scenario: 'uas' })
    const call = alice.ua.invite(`sip:uas@127.0.0.1:${sipp.local.port}`, { sdp: SDP })
    await call.established
    expect(call.remoteSdp).toContain('m=audio')
    await call.end()
    // It waits some seconds for a BYE that comes again.
    await sipp.passed
    alice.expectNoDialogs()
  })

  it('refers a user agent to another one, and follows the subscription to its end', async () => {
    await using bob = await NodeAgent.start('bob')
    await using carol = await NodeAgent.start('carol')
    bob.ua.on('invite', (incoming) => incoming.accept({ sdp: SDP }))
    const followed: string[] = []
    bob.xfer.on('refer', (referral) => {
      followed.push(String(referral.referTo.uri))
      const call = referral.follow({ sdp: SDP })
      referral.call?.ended.then(() => call.end())
    })
    carol.ua.on('invite', (incoming) => {
      incoming.ring()
      incoming.accept({ sdp: SDP })
    })
    await using sipp = await Sipp.start({
      scenario: 'refer-uac',
      remote: bob.address,
      service: 'bob',
      keys: { refer_to: carol.uri },
      calls: 5,
    })
    await sipp.passed
    expect(followed).toEqual(Array(5).fill(carol.uri))
    await Promise.all([...bob.ua.calls, ...carol.ua.calls].map((call) => call.ended))
    bob.expectNoDialogs()
    carol.expectNoDialogs()
  })
})
