import {
  Authorization,
  type Credentials,
  ProxyAuthorization,
  parseMessage,
  RejectedError,
  type SipRequest,
} from 'sip-core'
import { ScriptedPeer } from 'sip-core/testing'
import type { InviteSession, UserAgent, UserAgentInit } from 'sip-ua'
import { type ReferNotification, type ReferSubscriber, Xfer } from 'sip-xfer'
import { describe, expect, it, vi } from 'vitest'
import { Guard } from '../support/guard.ts'
import { World, type WorldOptions } from '../support/world.ts'

type Role = 'server' | 'proxy'

const secretOf = (name: string): Credentials => ({ username: name, password: `${name}'s secret` })

/** Each request is challenged anew. */
const asked = { digest: { preemptive: false } }

/** Alice and Bob, who can say who they are. */
class Scene {
  readonly world: World
  readonly alice: UserAgent
  readonly bob: UserAgent
  call!: InviteSession
  /** Bob's end of the call. */
  taken: InviteSession | undefined

  private constructor(world: World, alice: UserAgent, bob: UserAgent) {
    this.world = world
    this.alice = alice
    this.bob = bob
    bob.on('invite', (incoming) => {
      this.taken = incoming.accept({ sdp: 'v=0 bob' })
      this.taken.on('reinvite', (reinvite) => reinvite.accept({ sdp: 'v=0 bob again' }))
    })
  }

  static async meet(init: Omit<UserAgentInit, 'identity'> = {}, options: WorldOptions = {}): Promise<Scene> {
    const world = new World(options)
    const alice = await world.agent('alice', {}, { credentials: secretOf('alice'), ...init })
    const bob = await world.agent('bob', {}, { credentials: secretOf('bob'), ...init })
    return new Scene(world, alice, bob)
  }

  guardBob(...roles: Role[]): void {
    new Guard(this.bob.endpoint, roles)
  }

  /** Alice calls Bob. */
  async talk(): Promise<void> {
    this.call = this.alice.invite(this.world.uri('bob'), { sdp: 'v=0 alice' })
    this.call.established.catch(() => {})
    await this.world.clock.play(100)
  }

  async part(): Promise<void> {
    void this.alice.close()
    void this.bob.close()
    await this.world.expectNothingLeft()
  }

  /** Alice's requests. */
  get requests(): readonly SipRequest[] {
    return this.world.sent
      .filter(({ line }) => line.startsWith('alice>bob'))
      .flatMap(({ packet }) => {
        const result = parseMessage(packet.bytes)
        return result.type === 'request' ? [result.request] : []
      })
  }
}

const numbers = (messages: readonly Pick<SipRequest, 'cseq'>[]) =>
  messages.map(({ cseq }) => `${cseq.seq} ${cseq.method}`)

const credentialsOf = ({ headers }: SipRequest) =>
  [Authorization, ProxyAuthorization].flatMap((header) => headers.getAll(header).map(String))

const WAYS: readonly (readonly [what: string, status: number, roles: readonly Role[]])[] = [
  ['by 401', 401, ['server']],
  ['by 407', 407, ['proxy']],
  ['by both at once', 401, ['server', 'proxy']],
]

describe.each(WAYS)('a call that is challenged %s', (_, status, roles) => {
  it('goes on as if nothing had been asked: INVITE, re-INVITE and BYE', async () => {
    const scene = await Scene.meet(asked)
    scene.guardBob(...roles)
    await scene.talk()
    expect(scene.call.state).toBe('confirmed')
    const changed = scene.call.reinvite({ sdp: 'v=0 alice again' })
    await scene.world.clock.play(100)
    expect(await changed).toBe('v=0 bob again')
    void scene.call.end()
    await scene.world.clock.play(100)
    expect(scene.call.state).toBe('disconnected')
    const invite = ['alice>bob INVITE', `bob>alice ${status} INVITE`, 'alice>bob ACK', 'alice>bob INVITE']
    const accepted = ['bob>alice 200 INVITE', 'alice>bob ACK']
    const bye = ['alice>bob BYE', `bob>alice ${status} BYE`, 'alice>bob BYE', 'bob>alice 200 BYE']
    expect(scene.world.lines).toEqual([...invite, ...accepted, ...invite, ...accepted, ...bye])
    expect(numbers(scene.requests)).toEqual([
      ...['1 INVITE', '1 ACK', '2 INVITE', '2 ACK'],
      ...['3 INVITE', '3 ACK', '4 INVITE', '4 ACK'],
      ...['5 BYE', '6 BYE'],
    ])
    await scene.part()
  })

  it('acknowledges the 2xx with the credentials of the INVITE that was accepted', async () => {
    const scene = await Scene.meet()
    scene.guardBob(...roles)
    await scene.talk()
    const [, , invite, ack] = scene.requests
    if (invite === undefined || ack === undefined) throw new Error()
    expect(credentialsOf(invite)).toHaveLength(roles.length)
    expect(credentialsOf(ack)).toEqual(credentialsOf(invite))
    await scene.part()
  })

  it('is ended by whoever was called, who is asked in turn', async () => {
    const scene = await Scene.meet()
    new Guard(scene.alice.endpoint, roles)
    await scene.talk()
    void scene.taken?.end()
    await scene.world.clock.play(100)
    expect(scene.world.lines.slice(-4)).toEqual([
      'bob>alice BYE',
      `alice>bob ${status} BYE`,
      'bob>alice BYE',
      'alice>bob 200 BYE',
    ])
    await scene.part()
  })

  it('carries subscriptions: REFER, NOTIFY and SUBSCRIBE', async () => {
    const scene = await Scene.meet(asked)
    const [xfer, other] = [new Xfer(scene.alice), new Xfer(scene.bob)]
    const report: ((code: number) => void)[] = []
    other.on('refer', ({ notifier }) => {
      notifier.accept(202)
      report.push((code) => notifier.send(notifier.notify('active', code)))
    })
    scene.guardBob(...roles)
    new Guard(scene.alice.endpoint, roles)
    await scene.talk()
    const refer = async (target: string) => {
      const subscriber: ReferSubscriber = xfer.createUac(scene.call.dialog)
      const heard: ReferNotification[] = []
      subscriber.on('notify', (notification) => heard.push(notification))
      subscriber.send(subscriber.initiate(target))
      await scene.world.clock.play(100)
      return { subscriber, heard }
    }
    const first = await refer('sip:carol@example.com')
    const second = await refer('sip:dave@example.com')
    report[0]?.(180)
    await scene.world.clock.play(100)
    report[1]?.(183)
    await scene.world.clock.play(100)
    expect([first, second].map(({ heard }) => heard.at(-1)?.status)).toEqual([180, 183])
    const refers = scene.requests.filter(({ method }) => method === 'REFER')
    expect(numbers(refers)).toEqual(['3 REFER', '4 REFER', '5 REFER', '6 REFER'])
    // RFC 3515 §2.4.6: the number of the REFER that was accepted.
    expect(second.heard[0]?.received.message.headers.get('Event')).toBe('refer;id=6')
    first.subscriber.refresh(60)
    await scene.world.clock.play(100)
    expect(numbers(scene.requests).slice(-2)).toEqual(['7 SUBSCRIBE', '8 SUBSCRIBE'])
    expect([first.subscriber.state, second.subscriber.state]).toEqual(['active', 'active'])
    first.subscriber.unsubscribe()
    await scene.world.clock.play(100)
    expect([first.subscriber.state, second.subscriber.state]).toEqual(['terminated', 'active'])
    second.subscriber.unsubscribe()
    await scene.world.clock.play(100)
    await scene.part()
  })
})

it('two REFERs that are challenged at once find their NOTIFYs, whichever comes first', async () => {
  const scene = await Scene.meet()
  const [xfer, other] = [new Xfer(scene.alice), new Xfer(scene.bob)]
  const answer: (() => void)[] = []
  other.on('refer', ({ notifier }) => {
    answer.push(() => {
      notifier.accept(202)
      notifier.send(notifier.notify('active', 180 + answer.length))
    })
  })
  await scene.talk()
  scene.guardBob('proxy')
  const refers = ['sip:carol@example.com', 'sip:dave@example.com'].map((target) => {
    const subscriber = xfer.createUac(scene.call.dialog)
    const ids: (string | undefined)[] = []
    subscriber.on('notify', ({ received }) => ids.push(received.message.headers.get('Event')))
    subscriber.send(subscriber.initiate(target))
    return { subscriber, ids }
  })
  await scene.world.clock.play(100)
  for (const go of answer.reverse()) {
    go()
    await scene.world.clock.play(100)
  }
  expect(refers.map(({ ids }) => [...new Set(ids)])).toEqual([['refer'], ['refer;id=5']])
  for (const { subscriber } of refers) subscriber.unsubscribe()
  await scene.world.clock.play(100)
  await scene.part()
})

describe('credentials', () => {
  it('come along with the later requests of the call, and with no other call', async () => {
    const scene = await Scene.meet()
    scene.guardBob('server', 'proxy')
    await scene.talk()
    void scene.call.end()
    await scene.world.clock.play(100)
    expect(numbers(scene.requests)).toEqual(['1 INVITE', '1 ACK', '2 INVITE', '2 ACK', '3 BYE'])
    const before = scene.requests.length
    await scene.talk()
    const next = scene.requests[before]
    expect(next?.method).toBe('INVITE')
    expect(next && credentialsOf(next)).toEqual([])
    await scene.part()
  })

  it('that are wrong are not tried again', async () => {
    const world = new World()
    const alice = await world.agent('alice', {}, { credentials: { username: 'alice', password: 'wrong' } })
    const peer = await ScriptedPeer.at(world.network.udp('192.0.2.9'))
    const call = alice.invite('sip:bob@192.0.2.9', { sdp: 'v=0' })
    const failed = expect(call.established).rejects.toMatchObject({ response: { status: 401 } })
    for (const nonce of ['a', 'b', 'c']) {
      await world.clock.play(10)
      const line = `WWW-Authenticate: Digest realm="r", nonce="${nonce}", qop="auth"`
      peer.answer(peer.last('INVITE'), 401, { lines: [line] })
    }
    await world.clock.play(10)
    await failed
    const requests = peer.messages.filter(({ kind }) => kind === 'request')
    expect(numbers(requests)).toEqual(['1 INVITE', '1 ACK', '2 INVITE', '2 ACK', '2 ACK'])
    await world.expectNothingLeft()
  })

  it('that the server refuses end the call', async () => {
    const scene = await Scene.meet({ credentials: { username: 'alice', password: 'wrong' } })
    scene.guardBob('server')
    await scene.talk()
    await expect(scene.call.established).rejects.toThrow(RejectedError)
    expect(scene.world.lines).toContain('bob>alice 403 INVITE')
    await scene.part()
  })

  it('are asked for once when the nonce grows too old in the middle of a call', async () => {
    const credentials = vi.fn(() => secretOf('alice'))
    const scene = await Scene.meet({ credentials })
    new Guard(scene.bob.endpoint, ['server'], { lifetime: 60_000 })
    await scene.talk()
    await scene.world.clock.play(60_000)
    void scene.call.end()
    await scene.world.clock.play(100)
    expect(scene.world.lines.slice(-4)).toEqual([
      'alice>bob BYE',
      'bob>alice 401 BYE',
      'alice>bob BYE',
      'bob>alice 200 BYE',
    ])
    expect(numbers(scene.requests).slice(-2)).toEqual(['3 BYE', '4 BYE'])
    expect(credentials).toHaveBeenCalledTimes(1)
    await scene.part()
  })

  it('may be asked of somebody, while the call waits', async () => {
    const given: ((credentials: Credentials) => void)[] = []
    const scene = await Scene.meet({ credentials: () => new Promise((resolve) => given.push(resolve)) })
    scene.guardBob('proxy')
    await scene.talk()
    await scene.world.clock.play(50_000)
    expect(scene.call.state).toBe('calling')
    given[0]?.(secretOf('alice'))
    await scene.world.clock.play(100)
    expect(scene.call.state).toBe('confirmed')
    await scene.part()
  })

  it('are not waited for when the call is given up', async () => {
    const given: ((credentials: Credentials) => void)[] = []
    const scene = await Scene.meet({ credentials: () => new Promise((resolve) => given.push(resolve)) })
    scene.guardBob('proxy')
    await scene.talk()
    const ended = scene.call.end()
    expect(scene.call.state).toBe('disconnected')
    await ended
    given[0]?.(secretOf('alice'))
    await scene.world.clock.play(100)
    expect(scene.requests.map(({ method }) => method)).toEqual(['INVITE', 'ACK'])
    await scene.part()
  })
})

describe('a bad network', () => {
  const seeds = Array.from({ length: 20 }, (_, seed) => seed)
  it.each(seeds)('leaves nothing behind of a challenged call (seed %i)', async (seed) => {
    const faults = { loss: 0.2, duplication: 0.2, reordering: 0.2, reorderDelay: 300 }
    const scene = await Scene.meet(seed % 2 === 0 ? asked : {}, { seed, faults })
    scene.guardBob('server', 'proxy')
    await scene.talk()
    await scene.world.clock.play(60_000)
    expect(['confirmed', 'disconnected']).toContain(scene.call.state)
    await scene.part()
  })
})
