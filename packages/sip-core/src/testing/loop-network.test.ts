import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { StateError, TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import type { Transport, TransportEvent } from '../transport/index.ts'
import { type Fate, LoopNetwork, type LoopNetworkOptions, type Packet } from './loop-network.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

const BOB = { host: '192.0.2.2', port: 5060 }

interface Arrival {
  readonly text: string
  readonly at: number
  readonly from: string
}

type Options = Partial<Omit<LoopNetworkOptions, 'clock' | 'random'>> & { readonly seed?: number }

async function setUp({ seed = 1, ...options }: Options = {}) {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(seed), ...options })
  /** Listens and keeps what arrives. */
  const listen = async (transport: Transport): Promise<Arrival[]> => {
    const arrived: Arrival[] = []
    const onTransport = (event: TransportEvent) => {
      if (event.type !== 'data') return
      arrived.push({ text: bytesToText(event.bytes), at: clock.now(), from: event.flow.remote.host })
    }
    await transport.listen({ onTransport })
    return arrived
  }
  const alice = network.udp('192.0.2.1')
  await listen(alice)
  const arrived = await listen(network.udp(BOB.host))
  const send = (text: string, failed: (error: TransportError) => void = () => {}) =>
    alice.connect(BOB).send(textToBytes(text), failed)
  return { clock, network, listen, alice, arrived, send }
}

const texts = (arrived: readonly Arrival[]) => arrived.map(({ text }) => text)

describe('LoopNetwork', () => {
  it('carries packets in its clock’s time, and shows whom they come from', async () => {
    const { clock, arrived, send } = await setUp({ delay: 5 })
    send('a')
    expect(arrived).toEqual([])
    clock.advance(4)
    expect(arrived).toEqual([])
    clock.advance(1)
    expect(arrived).toEqual([{ text: 'a', at: 5, from: '192.0.2.1' }])
  })

  it('answers over the flow that brought a packet', async () => {
    const { clock, network, alice } = await setUp()
    const echo = network.udp('192.0.2.3')
    await echo.listen({
      onTransport: (event) => event.type === 'data' && event.flow.send(event.bytes, () => {}),
    })
    await alice.close()
    const heard = vi.fn()
    await alice.listen({ onTransport: heard })
    alice.connect({ host: '192.0.2.3', port: 5060 }).send(textToBytes('hello'), () => {})
    clock.runUntilIdle()
    expect(heard).toHaveBeenCalledOnce()
  })

  it('carries what was sent, though the sender writes over it', async () => {
    const { clock, alice, arrived } = await setUp()
    const bytes = textToBytes('a')
    alice.connect(BOB).send(bytes, () => {})
    bytes[0] = 0x62
    clock.runUntilIdle()
    expect(texts(arrived)).toEqual(['a'])
  })

  it('draws the delay from its range', async () => {
    const { clock, arrived, send } = await setUp({ delay: [10, 20] })
    for (let i = 0; i < 200; i++) send(String(i))
    clock.runUntilIdle()
    const times = arrived.map(({ at }) => at)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(10)
    expect(Math.min(...times)).toBeLessThan(11)
    expect(Math.max(...times)).toBeGreaterThan(19)
    expect(Math.max(...times)).toBeLessThan(20)
    expect(texts(arrived)).not.toEqual(times.map((_, index) => String(index)))
  })

  it('swallows what goes nowhere', async () => {
    const { clock, alice, arrived } = await setUp()
    const failed = vi.fn()
    alice.connect({ host: '192.0.2.99', port: 5060 }).send(textToBytes('a'), failed)
    alice.connect({ ...BOB, port: 5061 }).send(textToBytes('a'), failed)
    clock.runUntilIdle()
    expect(failed).not.toHaveBeenCalled()
    expect(arrived).toEqual([])
  })

  it('keeps transports of different protocols apart', async () => {
    const { clock, network, arrived } = await setUp()
    const tcp = network.tcp('192.0.2.1')
    await tcp.listen({ onTransport: () => {} })
    const failed = vi.fn()
    tcp.connect(BOB).send(textToBytes('a'), failed)
    clock.runUntilIdle()
    expect(arrived).toEqual([])
    expect(failed).toHaveBeenCalledExactlyOnceWith(
      new TransportError('TCP 192.0.2.2:5060: not sent: nobody listens there'),
    )
  })
})

describe('LoopNetwork: faults', () => {
  const SENT = 4000

  async function shareOf(faults: LoopNetworkOptions['faults'] & object) {
    const { clock, arrived, send } = await setUp({ faults })
    for (let i = 0; i < SENT; i++) send(String(i))
    clock.runUntilIdle()
    return arrived
  }

  it('loses its share', async () => {
    const arrived = await shareOf({ loss: 0.25 })
    expect(Math.abs(arrived.length / SENT - 0.75)).toBeLessThan(0.03)
  })

  it('doubles its share', async () => {
    const arrived = await shareOf({ duplication: 0.25 })
    expect(Math.abs(arrived.length / SENT - 1.25)).toBeLessThan(0.03)
    expect(new Set(texts(arrived)).size).toBe(SENT)
  })

  it('holds its share back', async () => {
    const arrived = await shareOf({ reordering: 0.25, reorderDelay: 30 })
    const late = arrived.filter(({ at }) => at === 31)
    expect(arrived).toHaveLength(SENT)
    expect(Math.abs(late.length / SENT - 0.25)).toBeLessThan(0.03)
  })

  it('does all or nothing at the ends of the scale', async () => {
    expect(await shareOf({ loss: 1 })).toHaveLength(0)
    expect(await shareOf({ loss: 0, duplication: 1 })).toHaveLength(2 * SENT)
    expect(await shareOf({})).toHaveLength(SENT)
  })

  it('spares reliable transports', async () => {
    const { clock, network, listen } = await setUp({
      delay: [1, 100],
      faults: { loss: 0.5, duplication: 0.5, reordering: 0.5 },
      decide: () => ({ type: 'drop' }),
    })
    const arrived = await listen(network.tcp(BOB.host))
    const tcp = network.tcp('192.0.2.1')
    await listen(tcp)
    const sent = Array.from({ length: 100 }, (_, index) => String(index))
    for (const text of sent) tcp.connect(BOB).send(textToBytes(text), () => {})
    clock.runUntilIdle()
    expect(texts(arrived)).toEqual(sent)
  })

  it('does the same again with the same seed, and something else with another', async () => {
    const run = async (seed: number) => {
      const faults = { loss: 0.2, duplication: 0.2, reordering: 0.2 }
      const { clock, arrived, send } = await setUp({ seed, delay: [1, 9], faults })
      for (let i = 0; i < 50; i++) send(String(i))
      clock.runUntilIdle()
      return arrived
    }
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        expect(await run(seed)).toEqual(await run(seed))
      }),
      { numRuns: 10 },
    )
    expect(await run(1)).not.toEqual(await run(2))
  })

  it('lets the test decide over single packets, and leaves the others to chance', async () => {
    const fates: Record<number, Fate> = {
      1: { type: 'drop' },
      2: { type: 'duplicate' },
      3: { type: 'delay', by: 10 },
      4: { type: 'deliver' },
    }
    const { clock, network, arrived, send } = await setUp({
      faults: { loss: 1 },
      decide: ({ index }) => fates[index],
    })
    for (const text of ['one', 'two', 'three', 'four', 'five']) send(text)
    clock.runUntilIdle()
    expect(texts(arrived)).toEqual(['two', 'two', 'four', 'three'])
    network.decide = () => ({ type: 'deliver' })
    send('six')
    clock.runUntilIdle()
    expect(texts(arrived)).toContain('six')
  })

  it('tells of every packet and its fate when it is handed in', async () => {
    const { clock, network, send } = await setUp({
      decide: ({ index }) => (index === 2 ? { type: 'drop' } : undefined),
    })
    const seen: [Packet, Fate][] = []
    network.on('packet', (packet, fate) => seen.push([packet, fate]))
    clock.advance(3)
    send('one')
    send('two')
    expect(seen).toMatchObject([
      [{ index: 1, protocol: 'UDP', from: { host: '192.0.2.1' }, to: BOB, at: 3 }, { type: 'deliver' }],
      [{ index: 2 }, { type: 'drop' }],
    ])
  })
})

describe('LoopNetwork: transports', () => {
  it('has one listener at an address', async () => {
    const { network } = await setUp()
    const again = network.udp(BOB.host)
    await expect(again.listen({ onTransport: () => {} })).rejects.toThrow('UDP 192.0.2.2:5060 is taken')
    await expect(network.udp(BOB.host, 5061).listen({ onTransport: () => {} })).resolves.toBeUndefined()
    // what did not listen does not close what does
    await again.close()
    await expect(network.udp(BOB.host).listen({ onTransport: () => {} })).rejects.toThrow(TransportError)
  })

  it('does not listen twice', async () => {
    const { alice } = await setUp()
    await expect(alice.listen({ onTransport: () => {} })).rejects.toThrow(StateError)
  })

  it('neither sends nor hears anything once closed, packets on the way included', async () => {
    const { clock, network, alice, send } = await setUp()
    const carol = network.udp('192.0.2.3')
    const heard = vi.fn()
    await carol.listen({ onTransport: heard })
    alice.connect(carol.local).send(textToBytes('a'), () => {})
    await carol.close()
    await carol.close()
    clock.runUntilIdle()
    expect(heard).not.toHaveBeenCalled()

    await alice.close()
    const failed = vi.fn()
    send('b', failed)
    expect(failed).toHaveBeenCalledExactlyOnceWith(
      new TransportError('UDP 192.0.2.2:5060: the transport is closed'),
    )
    expect(clock.pending).toBe(0)
  })

  it('can be opened again', async () => {
    const { clock, alice, arrived, send } = await setUp()
    await alice.close()
    await alice.listen({ onTransport: () => {} })
    send('a')
    clock.runUntilIdle()
    expect(texts(arrived)).toEqual(['a'])
  })
})

describe('LoopNetwork: names', () => {
  it('finds its hosts', async () => {
    const { network } = await setUp({ hosts: { 'example.com': ['192.0.2.7', '192.0.2.8'] } })
    const { dns } = network.platform()
    expect(await dns.lookup('example.com')).toEqual({ records: ['192.0.2.7', '192.0.2.8'] })
    await expect(dns.lookup('example.org')).rejects.toThrow(TransportError)
    await expect(dns.lookup('constructor')).rejects.toThrow(TransportError)
  })
})
