import { tcp } from 'sip-core/node'
import { describe, expect, it } from 'vitest'
import { NodeAgent, SDP } from './node-agent.ts'
import { Sipp } from './sipp.ts'

const local = () => tcp({ host: '127.0.0.1', port: 0 })

describe('SIPp over TCP', () => {
  it('its own uac calls an answering user agent, 200 times over one connection', async () => {
    await using bob = await NodeAgent.start('bob', local())
    bob.ua.on('invite', (incoming) => {
      incoming.ring()
      incoming.accept({ sdp: SDP })
    })
    const peers = new Set<number>()
    bob.endpoint.diagnostics.on('message', ({ protocol, remote }) => {
      expect(protocol).toBe('TCP')
      peers.add(remote.port)
    })
    await using sipp = await Sipp.start({
      scenario: 'uac',
      transport: 'tcp',
      remote: bob.address,
      service: 'bob',
      calls: 200,
      rate: 100,
      args: ['-d', '50'],
    })
    await sipp.passed
    expect(peers.size).toBe(1)
    bob.expectNoDialogs()
  })

  it('its own uas is called by a user agent, which hangs up', async () => {
    await using alice = await NodeAgent.start('alice', local())
    await using sipp = await Sipp.start({ scenario: 'uas', transport: 'tcp' })
    await sipp.listening()
    const call = alice.ua.invite(`sip:uas@127.0.0.1:${sipp.local.port};transport=tcp`, { sdp: SDP })
    await call.established
    await call.end()
    await sipp.passed
    alice.expectNoDialogs()
  })
})
