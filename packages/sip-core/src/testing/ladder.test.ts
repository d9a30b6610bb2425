import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Endpoint } from '../endpoint/index.ts'
import { textToBytes } from '../message/index.ts'
import type { Address, MessageTrace } from '../transport/index.ts'
import { Ladder, LoopNetwork, SeededRandom, VirtualClock } from './index.ts'
import type { Fate, Packet } from './loop-network.ts'

const ALICE = { host: '192.0.2.1', port: 5060 }
const BOB = { host: '192.0.2.2', port: 5060 }
const CAROL = { host: '192.0.2.3', port: 5060 }
const STRANGER = { host: '203.0.113.9', port: 41234 }

const SDP = 'Content-Type: application/sdp'
const FRAGMENT = 'Content-Type: message/sipfrag;version=2.0'
const ACK = message('ACK sip:bob@192.0.2.2 SIP/2.0')

function message(start: string, headers: readonly string[] = [], body = ''): Uint8Array {
  return textToBytes([start, ...headers, '', body].join('\r\n'))
}

function trace(
  direction: 'in' | 'out',
  local: Address,
  remote: Address,
  bytes: Uint8Array | string,
  at = 0,
): MessageTrace {
  return {
    direction,
    protocol: 'UDP',
    local,
    remote,
    bytes: typeof bytes === 'string' ? message(bytes) : bytes,
    at,
  }
}

const out = (from: Address, to: Address, bytes: Uint8Array | string, at = 0) =>
  trace('out', from, to, bytes, at)
const into = (to: Address, from: Address, bytes: Uint8Array | string, at = 0) =>
  trace('in', to, from, bytes, at)

function packet(from: Address, to: Address, bytes: Uint8Array, at: number): Packet {
  return { index: 1, protocol: 'UDP', from, to, bytes, at }
}

/** A transfer with a lost INVITE, as a network tells it. */
function transfer(ladder: Ladder): Ladder {
  ladder.party('Alice', ALICE).party('Bob', BOB).party('Carol', CAROL)
  let at = 12_345
  const send = (from: Address, to: Address, bytes: Uint8Array, fate: Fate = { type: 'deliver' }) => {
    ladder.packet(packet(from, to, bytes, at), fate)
    at += 2
  }
  const invite = message('INVITE sip:bob@192.0.2.2 SIP/2.0', [SDP], 'v=0\r\n')
  ladder.note('Alice calls Bob')
  send(ALICE, BOB, invite, { type: 'drop' })
  at += 498
  send(ALICE, BOB, invite)
  send(BOB, ALICE, message('SIP/2.0 180 Ringing', ['CSeq: 1 INVITE']), { type: 'duplicate' })
  send(BOB, ALICE, message('SIP/2.0 200 OK', ['CSeq: 1 INVITE', SDP], 'v=0\r\n'))
  send(ALICE, BOB, ACK)
  at += 3000
  ladder.note('Bob sends her to Carol')
  send(BOB, ALICE, message('REFER sip:alice@192.0.2.1 SIP/2.0', ['Refer-To: <sip:carol@192.0.2.3>']))
  send(ALICE, BOB, message('SIP/2.0 202 Accepted', ['CSeq: 1 REFER']))
  send(ALICE, CAROL, message('INVITE sip:carol@192.0.2.3 SIP/2.0', [SDP], 'v=0\r\n'))
  send(CAROL, ALICE, message('SIP/2.0 180 Ringing', ['CSeq: 1 INVITE']), { type: 'delay', by: 50 })
  const notify = (state: string, line: string) =>
    message('NOTIFY sip:bob@192.0.2.2 SIP/2.0', [`Subscription-State: ${state}`, FRAGMENT], `${line}\r\n`)
  send(ALICE, BOB, notify('active;expires=60', 'SIP/2.0 180 Ringing'))
  send(BOB, ALICE, message('SIP/2.0 200 OK', ['CSeq: 1 NOTIFY']))
  send(CAROL, ALICE, message('SIP/2.0 486 Busy Here', ['CSeq: 1 INVITE']))
  send(ALICE, BOB, notify('terminated;reason=noresource', 'SIP/2.0 486 Busy Here'))
  return ladder
}

describe('a ladder as text', () => {
  it('shows a transfer on 100 columns', () => {
    expect(`\n${transfer(new Ladder())}\n`).toMatchInlineSnapshot(`
      "
        seconds   Alice                                     Bob                                     Carol
             192.0.2.1:5060                           192.0.2.2:5060                        192.0.2.3:5060
                    │                                 Alice calls Bob                                 │
          0.000     ├─────────── INVITE  SDP ───────────x    │                                        │
          0.500     ├╌╌╌╌╌╌╌╌╌ INVITE (resent)  SDP ╌╌╌╌╌╌╌╌▶│                                        │
          0.502     │◀───────── 180 Ringing (twice) ─────────┤                                        │
          0.504     │◀───────────── 200 OK  SDP ─────────────┤                                        │
          0.506     ├───────────────── ACK ─────────────────▶│                                        │
                    │                             Bob sends her to Carol                              │
          3.508     │◀───── REFER  sip:carol@192.0.2.3 ──────┤                                        │
          3.510     ├──────── 202 Accepted  (REFER) ────────▶│                                        │
          3.512     ├────────────── INVITE  SDP ─────────────┼───────────────────────────────────────▶│
          3.514     │◀───────────────────────────────────────┼───────── 180 Ringing (+50 ms) ─────────┤
          3.516     ├─ NOTIFY  active  SIP/2.0 180 Ringing ─▶│                                        │
          3.518     │◀────────── 200 OK  (NOTIFY) ───────────┤                                        │
          3.520     │◀───────────────────────────────────────┼──────────── 486 Busy Here ─────────────┤
          3.522     ├── NOTIFY  terminated  486 Busy Here ──▶│                                        │
      "
    `)
  })

  it('does without anything but ASCII', () => {
    const text = transfer(new Ladder({ ascii: true, width: 80 })).toString()
    expect(`\n${text}\n`).toMatchInlineSnapshot(`
      "
        seconds   Alice                           Bob                           Carol
             192.0.2.1:5060                 192.0.2.2:5060              192.0.2.3:5060
                    |                       Alice calls Bob                       |
          0.000     |------ INVITE  SDP ------x    |                              |
          0.500     |.... INVITE (resent)  SDP ...>|                              |
          0.502     |<---- 180 Ringing (twice) ----|                              |
          0.504     |<-------- 200 OK  SDP --------|                              |
          0.506     |------------ ACK ------------>|                              |
                    |                   Bob sends her to Carol                    |
          3.508     |<- REFER  sip:carol@192.0... -|                              |
          3.510     |--- 202 Accepted  (REFER) --->|                              |
          3.512     |--------- INVITE  SDP --------|----------------------------->|
          3.514     |<-----------------------------|---- 180 Ringing (+50 ms) ----|
          3.516     |- NOTIFY  active  180 Rin.. ->|                              |
          3.518     |<----- 200 OK  (NOTIFY) ------|                              |
          3.520     |<-----------------------------|------- 486 Busy Here --------|
          3.522     |- NOTIFY  terminated  486.. ->|                              |
      "
    `)
    expect(text).toMatch(/^[\x00-\x7f]*$/)
  })

  it('keeps within the width that it is given', () => {
    for (const width of [72, 80, 100, 120, 200]) {
      const lines = transfer(new Ladder({ width })).toString().split('\n')
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
    }
  })

  it('paints only when told to', () => {
    const plain = transfer(new Ladder()).toString()
    const painted = transfer(new Ladder({ color: true })).toString()
    expect(plain).not.toContain('\x1b')
    expect(painted).toContain('\x1b[0;31m')
    expect(painted.replace(/\x1b\[[\d;]*m/g, '')).toBe(plain)
  })

  it('shows what an end sends to itself beside its lifeline, on the side that has room', () => {
    const ladder = new Ladder({ width: 60 }).party('Alice', ALICE).party('Bob', BOB)
    expect(ladder.row(out(ALICE, ALICE, 'OPTIONS sip:a SIP/2.0'))).toMatch(/│◀─ OPTIONS +│$/)
    expect(ladder.row(out(BOB, BOB, 'OPTIONS sip:a SIP/2.0'))).toMatch(/│ +OPTIONS ─▶│$/)
  })

  it('draws a header alone when there is nothing', () => {
    expect(new Ladder().toString()).toBe('  seconds')
    expect(new Ladder().party('Alice').toString()).toContain('Alice')
  })
})

describe('a ladder while it grows', () => {
  it('gives the header with the first row, and again when a column comes', () => {
    const printed: string[] = []
    const ladder = new Ladder({ print: (line) => printed.push(line) }).party('Alice', ALICE).party('Bob', BOB)
    const first = ladder.row(out(ALICE, BOB, 'INVITE sip:bob@b SIP/2.0'))
    const second = ladder.row(out(BOB, ALICE, 'SIP/2.0 180 Ringing'))
    const third = ladder.row(into(BOB, STRANGER, 'OPTIONS sip:bob@b SIP/2.0'))
    expect(first?.split('\n')).toHaveLength(3)
    expect(second?.split('\n')).toHaveLength(1)
    expect(third?.split('\n')).toHaveLength(3)
    expect(third).toContain('203.0.113.9:41234')
    expect(printed).toEqual([first, second, third])
  })

  it('gives no header again to those who asked for it first', () => {
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB)
    expect(ladder.header()).toMatch(/^ +seconds +Alice +Bob\n/)
    expect(ladder.row(out(ALICE, BOB, ACK))?.split('\n')).toHaveLength(1)
  })

  it('ends up as the whole does', () => {
    const printed: string[] = []
    const ladder = transfer(new Ladder({ print: (line) => printed.push(line) }))
    expect(printed.join('\n')).toBe(ladder.toString())
  })

  it('counts time from the first message', () => {
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB)
    ladder.note('now')
    expect(ladder.row(out(ALICE, BOB, ACK, 1_000_000))).toContain('    0.000 ')
    expect(ladder.row(out(BOB, ALICE, ACK, 1_032_004))).toContain(' 32.004 ')
    expect(ladder.row(out(BOB, ALICE, ACK, 1e9))).toContain('   999000 ')
  })
})

describe('who sent what to whom', () => {
  it('draws a message once although both ends report it', () => {
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB)
    expect(ladder.row(out(ALICE, BOB, ACK))).toBeDefined()
    expect(ladder.row(into(BOB, ALICE, ACK))).toBeUndefined()
    // the network's doubling, which Bob sees twice
    expect(ladder.row(into(BOB, ALICE, ACK))).toBeUndefined()
  })

  it('draws what comes from somebody who is not watched, named or not', () => {
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB)
    expect(ladder.row(into(BOB, ALICE, ACK))).toContain('ACK')
    expect(ladder.row(into(BOB, STRANGER, ACK))).toContain('ACK')
  })

  it('marks the same bytes on the same way as resent, and only those', () => {
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB).party('Carol', CAROL)
    expect(ladder.row(out(ALICE, BOB, ACK))).not.toContain('resent')
    expect(ladder.row(out(ALICE, CAROL, ACK))).not.toContain('resent')
    expect(ladder.row(out(ALICE, BOB, ACK))).toContain('╌ ACK (resent) ╌')
    expect(ladder.row(out(ALICE, BOB, ACK))).toContain('ACK (resent 2x)')
  })

  it('takes another address of a named end for that end, once a message came there', () => {
    const wildcard = { host: '127.0.0.1', port: 5060 }
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB)
    ladder.row(out(ALICE, wildcard, ACK))
    expect(ladder.toString()).toContain('127.0.0.1:5060')
    ladder.row(into(BOB, { host: '127.0.0.1', port: 40_000 }, ACK))
    expect(ladder.toString()).not.toContain('127.0.0.1')
    expect(ladder.toString()).toMatch(/├─+ ACK ─+▶│$/)
  })

  it('gives one column to all addresses of one name', () => {
    const ladder = new Ladder().party('Alice', ALICE, CAROL).party('Bob', BOB)
    expect(ladder.row(out(CAROL, BOB, ACK))).toMatch(/├─+ ACK ─+▶│$/)
    expect(ladder.toString()).not.toContain('192.0.2.3')
  })

  it('watches endpoints', async () => {
    const clock = new VirtualClock()
    const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
    const alice = await Endpoint.start(network.platform(), [network.udp('192.0.2.1')])
    const bob = await Endpoint.start(network.platform(), [network.udp('192.0.2.2')])
    const ladder = new Ladder().watch('Alice', alice).watch('Bob', bob)
    const flow = alice.transports.flow({ protocol: 'UDP', address: BOB, domain: 'example.com' })
    flow.send(textToBytes('hello'), () => {})
    clock.runUntilIdle()
    expect(ladder.toString().split('\n')).toHaveLength(3)
    expect(ladder.toString()).toMatch(/├─+ not SIP {2}5 bytes {2}"hello" ─+▶│$/)
  })

  it('watches a network, which knows what gets lost', async () => {
    const clock = new VirtualClock()
    const network = new LoopNetwork({ clock, random: new SeededRandom(1), faults: { loss: 1 } })
    const ladder = new Ladder().party('Alice', ALICE).party('Bob', BOB).watchNetwork(network)
    const alice = network.udp('192.0.2.1')
    await alice.listen({ onTransport: () => {} })
    alice.connect(BOB).send(ACK, () => {})
    expect(ladder.toString()).toMatch(/├─+ ACK ─+x {4}│$/)
  })
})

describe('a ladder as SVG', () => {
  it('is one well-formed element that needs nothing from outside', () => {
    const svg = transfer(new Ladder()).toSvg({ title: 'Transfer' })
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /)
    expect(svg).toMatch(/<\/svg>\n$/)
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|url\(|<script|@import/)
    expect(svg).toContain('prefers-color-scheme: dark')
    expectWellFormed(svg)
  })

  it('shows lifelines, arrows, labels, times and whole messages on hover', () => {
    const svg = transfer(new Ladder()).toSvg()
    expect(svg.match(/class="life"/g)).toHaveLength(3)
    expect(svg.match(/class="arrow"/g)).toHaveLength(13)
    expect(svg.match(/class="lost"/g)).toHaveLength(1)
    expect(svg).toContain('<tspan class="what">INVITE</tspan>')
    expect(svg).toContain('SIP/2.0 486 Busy Here</tspan>')
    expect(svg).toContain(
      '<title>REFER sip:alice@192.0.2.1 SIP/2.0\nRefer-To: &#60;sip:carol@192.0.2.3&#62;\n',
    )
    expect(svg).toContain('>+3.0 s<')
    expect(svg).toContain('>0.500<')
  })

  it('escapes what would be markup', () => {
    const ladder = new Ladder().party('<b>&"', ALICE).party('Bob', BOB)
    ladder.row(out(ALICE, BOB, 'MESSAGE sip:<script>alert(1)</script> SIP/2.0'))
    ladder.note('</text><script>')
    const svg = ladder.toSvg({ title: '</title><script>' })
    expect(svg).not.toContain('<script')
    expect(svg).not.toContain('<b>')
    expectWellFormed(svg)
  })
})

describe('garbage', () => {
  it('never makes a ladder throw, nor reach the terminal', () => {
    const addresses = [ALICE, BOB, CAROL, STRANGER]
    const pieces = fc.constantFrom(
      'INVITE ',
      'SIP/2.0 ',
      '200',
      ' SIP/2.0',
      '\r\n',
      ' ',
      'To: ;tag=',
      'Refer-To: <',
      '\x1b[2J',
      '\r\n\r\n',
    )
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.array(pieces).map((p) => textToBytes(p.join(''))),
    )
    const steps = fc.array(
      fc.tuple(garbage, fc.constantFrom(...addresses), fc.constantFrom(...addresses), fc.boolean()),
    )
    fc.assert(
      fc.property(steps, fc.integer({ min: 0, max: 120 }), (steps, width) => {
        const ladder = new Ladder({ width }).party('Alice', ALICE).party('Bob', BOB)
        for (const [bytes, local, remote, sent] of steps)
          ladder.row(trace(sent ? 'out' : 'in', local, remote, bytes))
        expect(ladder.toString()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
        expectWellFormed(ladder.toSvg())
      }),
    )
  })
})

/** Every element that opens closes, in order, and nothing stands there that XML does not allow. */
function expectWellFormed(svg: string): void {
  expect(svg).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/)
  const open: string[] = []
  for (const [, close, name = '', empty] of svg.matchAll(/<(\/?)(\w+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (close === '/') expect(open.pop()).toBe(name)
    else if (empty !== '/') open.push(name)
  }
  expect(open).toEqual([])
  expect(svg.replace(/<\/?\w+(?:\s[^<>]*?)?\/?>/g, '')).not.toMatch(/[<>]|&(?!#\d+;)/)
}
