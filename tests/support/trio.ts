import type { IncomingInvite, InviteSession, UserAgent } from 'sip-ua'
import { type Referral, type TransferInit, type TransferOutcome, type TransferProgress, Xfer } from 'sip-xfer'
import { World, type WorldOptions } from './world.ts'

export interface Person {
  readonly ua: UserAgent
  readonly xfer: Xfer
}

/** Alice, who talks to Bob and can transfer him to Carol. What Bob and Carol do can be exchanged. */
export class Trio {
  readonly world: World
  readonly alice: Person
  readonly bob: Person
  readonly carol: Person
  /** Alice's call to Bob. */
  call!: InviteSession
  /** Bob's call to Carol, once he has placed it. */
  followed: InviteSession | undefined
  onRefer: (referral: Referral) => void = (referral) => {
    this.followed = referral.follow({ sdp: 'v=0 bob' })
  }
  onCarolsPhone: (incoming: IncomingInvite) => void = (incoming) => {
    incoming.ring()
    incoming.accept({ sdp: 'v=0 carol' })
  }

  private constructor(world: World, alice: Person, bob: Person, carol: Person) {
    this.world = world
    this.alice = alice
    this.bob = bob
    this.carol = carol
    bob.ua.on('invite', (incoming) => incoming.accept({ sdp: 'v=0 bob' }))
    bob.xfer.on('refer', (referral) => this.onRefer(referral))
    carol.ua.on('invite', (incoming) => this.onCarolsPhone(incoming))
  }

  static async meet(options: WorldOptions = {}): Promise<Trio> {
    const world = new World(options)
    const person = async (name: string): Promise<Person> => {
      const ua = await world.agent(name)
      return { ua, xfer: new Xfer(ua) }
    }
    return new Trio(world, await person('alice'), await person('bob'), await person('carol'))
  }

  /** Alice calls Bob; over when the call is up, or has failed. */
  async talk(ms = 40_000): Promise<void> {
    this.call = this.alice.ua.invite(this.world.uri('bob'), { sdp: 'v=0 alice' })
    let settled = false
    const settle = () => {
      settled = true
    }
    this.call.established.then(settle, settle)
    for (let waited = 0; !settled && waited < ms; waited += 10) await this.world.clock.play(10)
  }

  /** Alice transfers Bob to Carol; over when the outcome is known, which it is in the end. */
  async transfer(
    init: TransferInit = {},
  ): Promise<{ outcome: TransferOutcome; progress: readonly TransferProgress[] }> {
    const transfer = this.alice.xfer.transfer(this.call, this.world.uri('carol'), init)
    let outcome: TransferOutcome | undefined
    const progress: TransferProgress[] = []
    transfer.on('progress', (step) => progress.push(step))
    transfer.on('outcome', (known) => {
      outcome = known
    })
    for (let waited = 0; outcome === undefined && waited < 700_000; waited += 10)
      await this.world.clock.play(10)
    if (outcome === undefined) throw new Error('the transfer has no outcome')
    return { outcome, progress }
  }

  /** Everybody hangs up; nothing is left after that. */
  async part(): Promise<void> {
    await this.world.clock.play(1000)
    for (const { ua } of [this.alice, this.bob, this.carol]) void ua.close()
    await this.world.expectNothingLeft()
  }
}
