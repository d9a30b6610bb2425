import { describe, expect, it } from 'vitest'
import { World } from '../support/world.ts'

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
    await world.clock.play(1000)
    expect(world.lines).toEqual([
      'alice>bob INVITE',
      'bob>alice 180 INVITE',
      'bob>alice 200 INVITE',
      'alice>bob ACK',
      'alice>bob BYE',
      'bob>alice 200 BYE',
    ])
    await world.expectNothingLeft()
  })
})
