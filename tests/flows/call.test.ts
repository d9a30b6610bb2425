import { describe, expect, it } from 'vitest'
import { CALL_SCENARIOS, Duo } from '../support/call-scenarios.ts'
import { World } from '../support/world.ts'

describe('in a network that loses nothing', () => {
  it.each(CALL_SCENARIOS)('$name', async ({ play, lines, told }) => {
    const duo = await Duo.meet()
    play(duo)
    await duo.world.clock.play(70_000)
    await duo.world.expectNothingLeft()
    expect(duo.world.lines).toEqual(lines)
    expect([...duo.told].sort()).toEqual([...told].sort())
  })
})

describe('a call', () => {
  it('rings, is accepted, acknowledged and ended', async () => {
    const world = new World()
    const alice = await world.agent('alice')
    const bob = await world.agent('bob')
    bob.on('invite', (incoming) => {
      incoming.ring()
      incoming.accept({ sdp: 'v=0 answer' })
    })
    const call = alice.invite(world.uri('bob'), { sdp: 'v=0 offer' })
    await world.clock.play(1000)
    expect(call.state).toBe('confirmed')
    expect(call.remoteSdp).toBe('v=0 answer')
    await call.established
    void call.end()
    await world.expectNothingLeft()
  })

  it('to somebody who is not there is given up after 64 * T1', async () => {
    const world = new World()
    const alice = await world.agent('alice')
    const call = alice.invite('sip:nobody@192.0.2.200')
    const failure = call.established.catch((error) => error.code)
    await world.clock.play(32_000)
    expect(await failure).toBe('SIP_TIMEOUT')
    expect(world.lines).toEqual(Array(7).fill('alice>192.0.2.200 INVITE'))
    await world.expectNothingLeft()
  })

  it('to somebody who moved is placed anew by whoever wants that', async () => {
    const world = new World()
    const alice = await world.agent('alice')
    const bob = await world.agent('bob')
    const carol = await world.agent('carol')
    bob.on('invite', (incoming) => incoming.reject(302, { headers: { Contact: `<${world.uri('carol')}>` } }))
    carol.on('invite', (incoming) => incoming.accept({ sdp: 'v=0 carol' }))
    const first = alice.invite(world.uri('bob'), { sdp: 'v=0 alice' })
    const moved = first.established.catch((error) => error.response.contact)
    await world.clock.play(10)
    const second = alice.invite(await moved, { sdp: 'v=0 alice' })
    await world.clock.play(10)
    expect([first.state, second.state, second.remoteSdp]).toEqual(['disconnected', 'confirmed', 'v=0 carol'])
    void second.end()
    await world.expectNothingLeft()
  })

  it('ends at the end that asks for a change when the other one is gone', async () => {
    const duo = await Duo.meet()
    duo.whenCalled((incoming) => incoming.accept({ sdp: 'v=0 bob' }))
    const call = duo.dial()
    await duo.world.clock.play(100)
    await duo.bob.endpoint.transports.close()
    const change = call.reinvite({ sdp: 'v=0 again' }).catch((error) => error.code)
    await duo.world.clock.play(64_100)
    expect(await change).toBe('SIP_TIMEOUT')
    expect(call.state).toBe('disconnected')
    expect((await call.ended).type).toBe('timeout')
    void duo.answered?.end()
    await duo.world.expectNothingLeft()
  })

  it('that the other end has forgotten ends with the change that it refuses', async () => {
    const duo = await Duo.meet()
    duo.whenCalled((incoming) => incoming.accept({ sdp: 'v=0 bob' }))
    const call = duo.dial()
    await duo.world.clock.play(100)
    // What Bob says from now on is lost, but not what he hears.
    duo.world.network.decide = ({ from }) => (from.host === '192.0.2.2' ? { type: 'drop' } : undefined)
    void duo.answered?.end()
    await duo.world.clock.play(33_000)
    duo.world.network.decide = undefined
    const change = call.reinvite({ sdp: 'v=0 again' }).catch((error) => error.response.status)
    await duo.world.clock.play(100)
    expect(await change).toBe(481)
    expect(call.state).toBe('disconnected')
    await duo.world.expectNothingLeft()
  })
})
