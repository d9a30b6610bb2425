import { type ClientRequestEvent, createRequest, type Endpoint, NameAddr, parseUri, SipUri } from 'sip-core'
import { SeededRandom } from 'sip-core/testing'
import type { IncomingInvite, InviteSession, UserAgent } from 'sip-ua'
import { type TransferOutcome, Xfer } from 'sip-xfer'
import { describe, expect, it } from 'vitest'
import { serve } from '../../examples/2-stateful-proxy.ts'
import { World, type WorldOptions } from '../support/world.ts'

/** Users of example.com behind a proxy, which is the first to get an address. */
class Office {
  readonly world: World
  readonly proxy: Endpoint

  private constructor(world: World, proxy: Endpoint) {
    this.world = world
    this.proxy = proxy
  }

  static async open(options: WorldOptions = {}): Promise<Office> {
    const world = new World({ ...options, hosts: { 'example.com': ['192.0.2.1'] } })
    const proxy = await world.endpoint('proxy')
    serve(proxy, 'example.com')
    return new Office(world, proxy)
  }

  /** A phone that is registered as `user`; what it does with a call is in `onInvite`. */
  async phone(user: string, name = user, onInvite: (incoming: IncomingInvite) => void = accept) {
    const ua = await this.world.agent(name)
    ua.on('invite', onInvite)
    await this.register(ua, user)
    return ua
  }

  async register(ua: UserAgent, user: string, seconds = 3600): Promise<number | undefined> {
    const { endpoint } = ua
    const address = new NameAddr({ uri: `sip:${user}@example.com` })
    const contact = endpoint.contact(parseUri(`sip:${user}@example.com`), parseUri('sip:192.0.2.1'))
    const register = createRequest({
      method: 'REGISTER',
      uri: new SipUri({ host: 'example.com' }),
      from: address.withParam('tag', endpoint.token()),
      to: address,
      callId: endpoint.token(),
      seq: 1,
      contact,
      headers: { Expires: String(seconds) },
    })
    let status: number | undefined
    endpoint.send(register, {
      onClientRequest(event: ClientRequestEvent) {
        if (event.type === 'response') status = event.received.message.status
      },
    })
    await this.world.clock.play(10)
    return status
  }

  async call(from: UserAgent, user: string): Promise<InviteSession> {
    this.world.sent.length = 0
    const call = from.invite(`sip:${user}@example.com`, { sdp: 'v=0 offer' })
    call.established.catch(() => {})
    await this.world.clock.play(100)
    return call
  }

  /** What went between two of them, in order. */
  between(a: string, b: string): readonly string[] {
    return this.world.lines.filter((line) => line.startsWith(`${a}>${b} `) || line.startsWith(`${b}>${a} `))
  }

  async close(...agents: readonly UserAgent[]): Promise<void> {
    for (const ua of agents) void ua.close()
    await this.world.expectNothingLeft()
  }
}

const accept = (incoming: IncomingInvite) => {
  incoming.ring()
  incoming.accept({ sdp: 'v=0 answer' })
}
const ring = (incoming: IncomingInvite) => incoming.ring()

describe('two user agents and a proxy between them', () => {
  it('call each other along it, from the first request to the last', async () => {
    const office = await Office.open()
    const [alice, bob] = [await office.phone('alice'), await office.phone('bob')]
    const call = await office.call(alice, 'bob')
    expect(call.state).toBe('confirmed')
    expect(call.remoteSdp).toBe('v=0 answer')
    expect(call.dialog.routeSet.map(String)).toEqual(['<sip:192.0.2.1:5060;lr>'])
    for (const taken of bob.calls) taken.on('reinvite', (again) => again.accept({ sdp: 'v=0 changed' }))
    const changed = call.reinvite({ sdp: 'v=0 again' })
    await office.world.clock.play(100)
    expect(await changed).toBe('v=0 changed')
    await Promise.all([call.end(), office.world.clock.play(100)])
    expect(office.between('alice', 'bob')).toEqual([])
    expect(office.between('proxy', 'bob').slice(0, 5)).toEqual([
      'proxy>bob INVITE',
      'bob>proxy 180 INVITE',
      'bob>proxy 200 INVITE',
      'proxy>bob ACK',
      'proxy>bob INVITE',
    ])
    expect(office.between('proxy', 'bob').slice(-2)).toEqual(['proxy>bob BYE', 'bob>proxy 200 BYE'])
    await office.close(alice, bob)
  })

  it('get through over a network that loses a fifth', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const office = await Office.open({ seed })
      const [alice, bob] = [await office.phone('alice'), await office.phone('bob')]
      const random = new SeededRandom(seed)
      office.world.network.decide = () => ({ type: random.uint32() % 5 === 0 ? 'drop' : 'deliver' })
      const call = await office.call(alice, 'bob')
      await office.world.clock.play(20_000)
      expect(call.state).toBe('confirmed')
      office.world.network.decide = undefined
      await office.close(alice, bob)
    }
  })

  it('transfer calls along it', async () => {
    const office = await Office.open()
    const [alice, bob, carol] = [
      await office.phone('alice'),
      await office.phone('bob'),
      await office.phone('carol'),
    ]
    const referrer = new Xfer(alice)
    new Xfer(carol)
    const referred: InviteSession[] = []
    new Xfer(bob).on('refer', (referral) => referred.push(referral.follow({ sdp: 'v=0 bob' })))
    const call = await office.call(alice, 'bob')
    let outcome: TransferOutcome | undefined
    referrer.transfer(call, 'sip:carol@example.com').on('outcome', (known) => {
      outcome = known
    })
    await office.world.clock.play(2000)
    expect(outcome?.result).toBe('transferred')
    expect(referred.map(({ state }) => state)).toEqual(['confirmed'])
    expect(office.between('bob', 'carol')).toEqual([])
    expect(office.between('alice', 'bob')).toEqual([])
    await office.close(alice, bob, carol)
  })
})

describe('a user with two phones', () => {
  it('hears both, and answers at one', async () => {
    const office = await Office.open()
    const alice = await office.phone('alice')
    const desk = await office.phone('bob', 'desk', ring)
    let taken: IncomingInvite | undefined
    const mobile = await office.phone('bob', 'mobile', (incoming) => {
      incoming.ring()
      taken = incoming
    })
    const call = await office.call(alice, 'bob')
    expect(call.state).toBe('early')
    expect([desk.calls.size, mobile.calls.size]).toEqual([1, 1])
    taken?.accept({ sdp: 'v=0 mobile' })
    await office.world.clock.play(100)
    expect(call.remoteSdp).toBe('v=0 mobile')
    expect([desk.calls.size, mobile.calls.size]).toEqual([0, 1])
    expect(office.between('proxy', 'desk')).toEqual([
      'proxy>desk INVITE',
      'desk>proxy 180 INVITE',
      'proxy>desk CANCEL',
      'desk>proxy 200 CANCEL',
      'desk>proxy 487 INVITE',
      'proxy>desk ACK',
    ])
    await office.close(alice, desk, mobile)
  })

  it('who answers at both at once has one call in the end', async () => {
    const office = await Office.open()
    const alice = await office.phone('alice')
    const phones = [await office.phone('bob', 'desk'), await office.phone('bob', 'mobile')]
    const call = await office.call(alice, 'bob')
    await office.world.clock.play(1000)
    expect(call.state).toBe('confirmed')
    expect(phones.map(({ calls }) => calls.size).sort()).toEqual([0, 1])
    await office.close(alice, ...phones)
  })

  it('who refuses at one may still answer at the other', async () => {
    const office = await Office.open()
    const alice = await office.phone('alice')
    const desk = await office.phone('bob', 'desk', (incoming) => incoming.reject(486))
    const mobile = await office.phone('bob', 'mobile')
    expect((await office.call(alice, 'bob')).state).toBe('confirmed')
    await office.close(alice, desk, mobile)
  })
})

describe('a call that does not come about', () => {
  const failed = async (office: Office, call: InviteSession, ms = 1000) => {
    await office.world.clock.play(ms)
    const cause = await call.ended
    return cause.type === 'response' ? cause.response.status : cause.type
  }

  it('because the caller hangs up', async () => {
    const office = await Office.open()
    const [alice, bob] = [await office.phone('alice'), await office.phone('bob', 'bob', ring)]
    const call = await office.call(alice, 'bob')
    void call.end()
    await office.world.clock.play(100)
    expect([call.state, bob.calls.size]).toEqual(['disconnected', 0])
    expect(office.between('alice', 'proxy').slice(3)).toEqual([
      'alice>proxy CANCEL',
      'proxy>alice 200 CANCEL',
      'proxy>alice 487 INVITE',
      'alice>proxy ACK',
    ])
    await office.close(alice, bob)
  })

  it('because nobody is registered', async () => {
    const office = await Office.open()
    const alice = await office.phone('alice')
    expect(await failed(office, await office.call(alice, 'bob'))).toBe(480)
    await office.close(alice)
  })

  it('because the registration has run out, or was taken back', async () => {
    const office = await Office.open()
    const [alice, bob] = [await office.phone('alice'), await office.phone('bob')]
    await office.world.clock.play(3_601_000)
    await office.register(alice, 'alice')
    expect(await failed(office, await office.call(alice, 'bob'))).toBe(480)
    expect(await office.register(bob, 'bob')).toBe(200)
    expect((await office.call(alice, 'bob')).state).toBe('confirmed')
    expect(await office.register(bob, 'bob', 0)).toBe(200)
    expect(await failed(office, await office.call(alice, 'bob'))).toBe(480)
    expect(await office.register(bob, 'bob', 10)).toBe(423)
    await office.close(alice, bob)
  })

  it('because the phone is not there any more', async () => {
    const office = await Office.open()
    const [alice, bob] = [await office.phone('alice'), await office.phone('bob')]
    await bob.endpoint.close()
    expect(await failed(office, await office.call(alice, 'bob'), 40_000)).toBe(408)
    await office.close(alice)
  })

  it('because a phone sends it back to where it came from', async () => {
    const office = await Office.open()
    const alice = await office.phone('alice')
    const loop = await office.phone('bob', 'loop', (incoming) =>
      incoming.reject(302, { headers: { Contact: '<sip:bob@example.com>' } }),
    )
    expect(await failed(office, await office.call(alice, 'bob'))).toBe(482)
    await office.close(alice, loop)
  })

  it('because somebody outside wants to be sent elsewhere', async () => {
    const office = await Office.open()
    const alice = await office.phone('alice')
    const mallory = await office.world.agent('mallory')
    for (const [from, expected] of [
      [alice, 408],
      [mallory, 403],
    ] as const) {
      const headers = { Route: '<sip:192.0.2.1;lr>' }
      const call = from.invite('sip:somebody@198.51.100.1', { headers })
      call.established.catch(() => {})
      expect(await failed(office, call, 40_000)).toBe(expected)
    }
    await office.close(alice, mallory)
  })
})
