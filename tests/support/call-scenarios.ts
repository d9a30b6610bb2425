import { describeCause, type IncomingInvite, type InviteSession, type UserAgent } from 'sip-ua'
import { World, type WorldOptions } from './world.ts'

/** Alice, who calls, and Bob, who is called; what they do is theirs to say. */
export class Duo {
  readonly world: World
  readonly alice: UserAgent
  readonly bob: UserAgent
  /** Alice's end of the call. */
  call!: InviteSession
  /** Bob's end of it, once the INVITE has come. */
  answered: InviteSession | undefined
  /** What came of it, in words; each end tells its own. */
  readonly told: string[] = []

  private constructor(world: World, alice: UserAgent, bob: UserAgent) {
    this.world = world
    this.alice = alice
    this.bob = bob
  }

  static async meet(options: WorldOptions = {}): Promise<Duo> {
    const world = new World(options)
    return new Duo(world, await world.agent('alice'), await world.agent('bob'))
  }

  /** Bob does this when he is called. */
  whenCalled(answer: (incoming: IncomingInvite, session: InviteSession) => void): void {
    this.bob.on('invite', (incoming) => {
      this.answered = incoming.session
      this.#note('bob', incoming.session)
      answer(incoming, incoming.session)
    })
  }

  /** Alice calls Bob. */
  dial(): InviteSession {
    this.call = this.alice.invite(this.world.uri('bob'), { sdp: 'v=0 alice' })
    this.#note('alice', this.call)
    return this.call
  }

  tell(line: string): void {
    this.told.push(line)
  }

  #note(name: string, session: InviteSession): void {
    session.ended.then((cause) => this.tell(`${name}: ${describeCause(cause)}`))
  }
}

/** What two people do with a call, and what must come of it whatever single packet goes astray. */
export interface CallScenario {
  readonly name: string
  /** Sets the people up and starts; the rest happens in the world's time. */
  readonly play: (duo: Duo) => void
  /** What goes over the network when nothing goes astray. */
  readonly lines: readonly string[]
  /** What the two ends tell, in the order of the alphabet. */
  readonly told: readonly string[]
}

const HUNG_UP = 'this end asked for it'
const GOT = (method: string) => `the peer sent ${method}`

/** Runs `then` when a call is in this state. */
function when(session: InviteSession, state: InviteSession['state'], then: () => void): void {
  session.on('state', (now) => {
    if (now === state) then()
  })
}

const SETUP = ['alice>bob INVITE', 'bob>alice 180 INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK']

function pickUp(duo: Duo): void {
  duo.whenCalled((incoming) => {
    incoming.ring()
    incoming.accept({ sdp: 'v=0 bob' })
  })
}

/** Changes a call, tells what came of it, and hangs up. */
function changeAndEnd(duo: Duo, name: string, session: InviteSession): void {
  const done = (line: string) => {
    duo.tell(`${name}: ${line}`)
    void session.end()
  }
  session.reinvite({ sdp: `v=0 ${name} again` }).then(
    (sdp) => done(`agreed on ${sdp}`),
    (error) => done(error.message),
  )
}

export const CALL_SCENARIOS: readonly CallScenario[] = [
  {
    name: 'a call that the caller ends',
    play: (duo) => {
      pickUp(duo)
      const call = duo.dial()
      when(call, 'confirmed', () => void call.end())
    },
    lines: [...SETUP, 'alice>bob BYE', 'bob>alice 200 BYE'],
    told: [`alice: ${HUNG_UP}`, `bob: ${GOT('BYE')}`],
  },
  {
    name: 'a call that the callee ends',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        incoming.ring()
        incoming.accept({ sdp: 'v=0 bob' })
        when(session, 'confirmed', () => void session.end())
      })
      duo.dial()
    },
    lines: [...SETUP, 'bob>alice BYE', 'alice>bob 200 BYE'],
    told: [`alice: ${GOT('BYE')}`, `bob: ${HUNG_UP}`],
  },
  {
    name: 'a caller who hangs up while it rings',
    play: (duo) => {
      duo.whenCalled((incoming) => incoming.ring())
      const call = duo.dial()
      when(call, 'early', () => void call.end())
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 180 INVITE', 'alice>bob CANCEL'],
      ...['bob>alice 200 CANCEL', 'bob>alice 487 INVITE', 'alice>bob ACK'],
    ],
    told: [`alice: ${HUNG_UP}`, `bob: ${GOT('CANCEL')}`],
  },
  {
    name: 'a caller who hangs up at once',
    play: (duo) => {
      duo.whenCalled((incoming) => incoming.ring())
      void duo.dial().end()
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 180 INVITE', 'alice>bob CANCEL'],
      ...['bob>alice 200 CANCEL', 'bob>alice 487 INVITE', 'alice>bob ACK'],
    ],
    told: [`alice: ${HUNG_UP}`, `bob: ${GOT('CANCEL')}`],
  },
  {
    name: 'a caller who hangs up at once on a callee who picks up at once',
    play: (duo) => {
      duo.whenCalled((incoming) => incoming.accept({ sdp: 'v=0 bob' }))
      void duo.dial().end()
    },
    lines: [
      'alice>bob INVITE',
      'bob>alice 200 INVITE',
      'alice>bob ACK',
      'alice>bob BYE',
      'bob>alice 200 BYE',
    ],
    told: [`alice: ${HUNG_UP}`, `bob: ${GOT('BYE')}`],
  },
  {
    name: 'a callee who is busy',
    play: (duo) => {
      duo.whenCalled((incoming) => incoming.reject(486))
      duo.dial()
    },
    lines: ['alice>bob INVITE', 'bob>alice 486 INVITE', 'alice>bob ACK'],
    told: ['alice: the peer answered 486 Busy Here', `bob: ${HUNG_UP}`],
  },
  {
    name: 'a callee who hangs up while it rings',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        incoming.ring()
        duo.world.clock.setTimer(5000, () => void session.end())
      })
      duo.dial()
    },
    lines: ['alice>bob INVITE', 'bob>alice 180 INVITE', 'bob>alice 480 INVITE', 'alice>bob ACK'],
    told: ['alice: the peer answered 480 Temporarily Unavailable', `bob: ${HUNG_UP}`],
  },
  {
    name: 'a callee who hangs up before the ACK has come',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        incoming.accept({ sdp: 'v=0 bob' })
        void session.end()
      })
      duo.dial()
    },
    lines: [
      'alice>bob INVITE',
      'bob>alice 200 INVITE',
      'alice>bob ACK',
      'bob>alice BYE',
      'alice>bob 200 BYE',
    ],
    told: [`alice: ${GOT('BYE')}`, `bob: ${HUNG_UP}`],
  },
  {
    name: 'a callee who does not answer',
    play: (duo) => {
      duo.whenCalled((incoming) => incoming.ring())
      const call = duo.dial()
      duo.world.clock.setTimer(30_000, () => void call.end())
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 180 INVITE', 'alice>bob CANCEL'],
      ...['bob>alice 200 CANCEL', 'bob>alice 487 INVITE', 'alice>bob ACK'],
    ],
    told: [`alice: ${HUNG_UP}`, `bob: ${GOT('CANCEL')}`],
  },
  {
    name: 'a callee who takes half a second to do anything',
    play: (duo) => {
      duo.whenCalled((incoming) => duo.world.clock.setTimer(500, () => incoming.accept({ sdp: 'v=0 bob' })))
      const call = duo.dial()
      when(call, 'confirmed', () => void call.end())
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 100 INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK'],
      ...['alice>bob BYE', 'bob>alice 200 BYE'],
    ],
    told: [`alice: ${HUNG_UP}`, `bob: ${GOT('BYE')}`],
  },
  {
    name: 'a redirection',
    play: (duo) => {
      duo.whenCalled((incoming) => incoming.reject(302, { headers: { Contact: '<sip:carol@192.0.2.9>' } }))
      duo.dial().established.catch((error) => duo.tell(`alice: go to ${error.response.contact.uri}`))
    },
    lines: ['alice>bob INVITE', 'bob>alice 302 INVITE', 'alice>bob ACK'],
    told: [
      ...[
        'alice: go to sip:carol@192.0.2.9',
        'alice: the peer answered 302 Moved Temporarily',
        `bob: ${HUNG_UP}`,
      ],
    ],
  },
  {
    name: 'a re-INVITE of the caller that is accepted',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        session.on('reinvite', (reinvite) => reinvite.accept({ sdp: 'v=0 bob again' }))
        incoming.accept({ sdp: 'v=0 bob' })
      })
      const call = duo.dial()
      when(call, 'confirmed', () => duo.world.clock.setTimer(2000, () => changeAndEnd(duo, 'alice', call)))
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK'],
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK', 'alice>bob BYE', 'bob>alice 200 BYE'],
    ],
    told: ['alice: agreed on v=0 bob again', `alice: ${HUNG_UP}`, `bob: ${GOT('BYE')}`],
  },
  {
    name: 'a re-INVITE of the caller that is refused',
    play: (duo) => {
      pickUp(duo)
      const call = duo.dial()
      when(call, 'confirmed', () => duo.world.clock.setTimer(2000, () => changeAndEnd(duo, 'alice', call)))
    },
    lines: [
      ...[...SETUP, 'alice>bob INVITE', 'bob>alice 488 INVITE', 'alice>bob ACK'],
      ...['alice>bob BYE', 'bob>alice 200 BYE'],
    ],
    told: ['alice: INVITE was answered 488 Not Acceptable Here', `alice: ${HUNG_UP}`, `bob: ${GOT('BYE')}`],
  },
  {
    name: 'a re-INVITE of the callee that is accepted',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        incoming.accept({ sdp: 'v=0 bob' })
        when(session, 'confirmed', () => changeAndEnd(duo, 'bob', session))
      })
      duo.dial().on('reinvite', (reinvite) => reinvite.accept({ sdp: 'v=0 alice again' }))
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK'],
      ...['bob>alice INVITE', 'alice>bob 200 INVITE', 'bob>alice ACK', 'bob>alice BYE', 'alice>bob 200 BYE'],
    ],
    told: [`alice: ${GOT('BYE')}`, 'bob: agreed on v=0 alice again', `bob: ${HUNG_UP}`],
  },
  {
    name: 'a re-INVITE of the callee that is refused after a while',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        incoming.accept({ sdp: 'v=0 bob' })
        when(session, 'confirmed', () => changeAndEnd(duo, 'bob', session))
      })
      duo.dial().on('reinvite', (reinvite) => duo.world.clock.setTimer(300, () => reinvite.reject(603)))
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK'],
      ...['bob>alice INVITE', 'alice>bob 100 INVITE', 'alice>bob 603 INVITE', 'bob>alice ACK'],
      ...['bob>alice BYE', 'alice>bob 200 BYE'],
    ],
    told: [`alice: ${GOT('BYE')}`, 'bob: INVITE was answered 603 Decline', `bob: ${HUNG_UP}`],
  },
  {
    name: 'two re-INVITEs that cross, until each has come through',
    play: (duo) => {
      const agree = (session: InviteSession, name: string) =>
        session.on('reinvite', (reinvite) => reinvite.accept({ sdp: `v=0 ${name} agrees` }))
      // RFC 3261 §14.1: whoever placed the call waits longer.
      const insist = (session: InviteSession, name: string, wait: number) => {
        session.reinvite({ sdp: `v=0 ${name} asks` }).then(
          (sdp) => duo.tell(`${name}: agreed on ${sdp}`),
          () => duo.world.clock.setTimer(wait, () => insist(session, name, wait)),
        )
      }
      duo.whenCalled((incoming, session) => {
        agree(session, 'bob')
        incoming.accept({ sdp: 'v=0 bob' })
      })
      const call = duo.dial()
      agree(call, 'alice')
      // Long enough for whatever had to be sent again.
      duo.world.clock.setTimer(20_000, () => {
        insist(call, 'alice', 3000)
        insist(duo.answered as InviteSession, 'bob', 1000)
      })
      duo.world.clock.setTimer(60_000, () => void call.end())
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK'],
      ...['alice>bob INVITE', 'bob>alice INVITE', 'bob>alice 491 INVITE', 'alice>bob 491 INVITE'],
      ...['alice>bob ACK', 'bob>alice ACK'],
      ...['bob>alice INVITE', 'alice>bob 200 INVITE', 'bob>alice ACK'],
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK'],
      ...['alice>bob BYE', 'bob>alice 200 BYE'],
    ],
    told: [
      ...['alice: agreed on v=0 bob agrees', `alice: ${HUNG_UP}`],
      ...['bob: agreed on v=0 alice agrees', `bob: ${GOT('BYE')}`],
    ],
  },
  {
    name: 'a caller who hangs up while the callee thinks about a re-INVITE',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        session.on('reinvite', () => {})
        incoming.accept({ sdp: 'v=0 bob' })
      })
      const call = duo.dial()
      when(call, 'confirmed', () => {
        duo.world.clock.setTimer(2000, () => {
          call.reinvite({ sdp: 'v=0 again' }).catch((error) => duo.tell(`alice: ${error.message}`))
        })
        duo.world.clock.setTimer(12_000, () => void call.end())
      })
    },
    lines: [
      ...[
        'alice>bob INVITE',
        'bob>alice 200 INVITE',
        'alice>bob ACK',
        'alice>bob INVITE',
        'bob>alice 100 INVITE',
      ],
      ...['alice>bob BYE', 'bob>alice 200 BYE', 'bob>alice 487 INVITE', 'alice>bob ACK'],
    ],
    told: ['alice: the call has ended', `alice: ${HUNG_UP}`, `bob: ${GOT('BYE')}`],
  },
  {
    name: 'a callee who hangs up while it thinks about a re-INVITE',
    play: (duo) => {
      duo.whenCalled((incoming, session) => {
        session.on('reinvite', () => void session.end())
        incoming.accept({ sdp: 'v=0 bob' })
      })
      const call = duo.dial()
      when(call, 'confirmed', () => {
        duo.world.clock.setTimer(2000, () => {
          call.reinvite({ sdp: 'v=0 again' }).catch(() => duo.tell('alice: could not change the call'))
        })
      })
    },
    lines: [
      ...['alice>bob INVITE', 'bob>alice 200 INVITE', 'alice>bob ACK', 'alice>bob INVITE'],
      ...['bob>alice 487 INVITE', 'bob>alice BYE', 'alice>bob ACK', 'alice>bob 200 BYE'],
    ],
    told: ['alice: could not change the call', `alice: ${GOT('BYE')}`, `bob: ${HUNG_UP}`],
  },
  {
    name: 'two people who hang up at a time',
    play: (duo) => {
      pickUp(duo)
      const call = duo.dial()
      duo.world.clock.setTimer(20_000, () => {
        void call.end()
        void duo.answered?.end()
      })
    },
    lines: [...[...SETUP, 'alice>bob BYE', 'bob>alice BYE', 'bob>alice 200 BYE', 'alice>bob 200 BYE']],
    told: [`alice: ${HUNG_UP}`, `bob: ${HUNG_UP}`],
  },
]
