/* What every transport must do, whatever network it stands on. Run by the tests of each of them. */
import { afterEach, describe, expect, it } from 'vitest'
import { StateError, TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import { type Framer, MessageFramer, StreamFramer } from '../parser/index.ts'
import type { Address, ConnectOptions, Flow, Transport, TransportEvent } from './transport.ts'

/** Where the transports of one test meet. */
export interface ContractStage {
  /** A transport that is not open yet, at a free place or at `at`. */
  transport(at?: Address): Transport
  /** The same over IPv6; undefined where there is none. */
  readonly transport6?: (() => Transport) | undefined
  /** Where nobody listens. */
  nowhere(): Address | Promise<Address>
  /** How to connect; default: with the address alone. */
  readonly options?: ConnectOptions
  /** Lets time pass where it is virtual. */
  readonly elapse?: () => void
}

/**
 * Tests a transport.
 *
 * @param makeStage called for each test
 */
export function transportContract(name: string, makeStage: () => ContractStage): void {
  describe(`${name} as a transport`, () => {
    const opened: Transport[] = []
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((transport) => transport.close()))
    })

    function setUp() {
      const stage = makeStage()
      const scene = new Scene(stage)
      const listening = async (transport = stage.transport()) => {
        const end = new End(transport, scene)
        opened.push(transport)
        await transport.listen(end)
        return end
      }
      return { stage, scene, listening }
    }

    it('carries a message, and the answer over the flow that brought it', async () => {
      const { scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const out = alice.to(bob)
      scene.send(out, 'ping')
      const ping = await bob.next()
      expect(ping.text).toBe('ping')
      expect(ping.flow.transport).toBe(bob.transport)
      expect(ping.flow.local).toEqual(bob.transport.local)
      scene.send(ping.flow, 'pong')
      const pong = await alice.next()
      expect(pong.text).toBe('pong')
      expect(pong.flow.remote).toEqual(bob.transport.local)
      if (alice.transport.reliable) expect(pong.flow).toBe(out)
    })

    it('keeps the peers of a listener apart', async () => {
      const { scene, listening } = setUp()
      const server = await listening()
      const clients = [await listening(), await listening(), await listening(), await listening()]
      for (const [i, client] of clients.entries()) scene.send(client.to(server), `from ${i}`)
      for (const _ of clients) {
        const { flow, text } = await server.next()
        scene.send(flow, text.replace('from', 'to'))
      }
      for (const [i, client] of clients.entries()) expect((await client.next()).text).toBe(`to ${i}`)
    })

    it('carries large messages, and bytes that are no text', async () => {
      const { scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const text = String.fromCharCode(...Array(256).keys()).repeat(160)
      scene.send(alice.to(bob), text)
      expect((await bob.next()).text).toBe(text)
    })

    it('carries messages over IPv6', async ({ skip }) => {
      const { stage, scene, listening } = setUp()
      const { transport6 } = stage
      if (transport6 === undefined) return skip()
      const [alice, bob] = [await listening(transport6()), await listening(transport6())]
      scene.send(alice.to(bob), 'ping')
      const { flow, text } = await bob.next()
      expect(text).toBe('ping')
      expect(flow.remote.host).toBe(alice.transport.local.host)
      expect(flow.remote.host).toContain(':')
    })

    it('causes nothing before connect and send return', async () => {
      const { stage, scene, listening } = setUp()
      const alice = await listening()
      const flow = alice.transport.connect(await stage.nowhere(), stage.options)
      const sent = scene.send(flow, 'anybody?')
      expect(alice.events).toEqual([])
      expect(sent.errors).toEqual([])
    })

    it('says what cannot be sent because it is not open', async () => {
      const { stage, scene } = setUp()
      const transport = stage.transport()
      const sent = scene.send(transport.connect(await stage.nowhere()), 'x')
      expect(sent.errors).toEqual([expect.any(TransportError)])
    })

    it('listens once at a time, and again when it was closed', async () => {
      const { stage, scene, listening } = setUp()
      const bob = await listening()
      const again = new End(bob.transport, scene)
      await expect(bob.transport.listen(again)).rejects.toThrow(StateError)
      await bob.transport.close()
      await bob.transport.listen(again)
      const alice = await listening(stage.transport())
      scene.send(alice.to(again), 'ping')
      expect((await again.next()).text).toBe('ping')
      expect(bob.events).toEqual([])
    })

    it('does not listen where somebody does already', async () => {
      const { stage, scene, listening } = setUp()
      const bob = await listening()
      const other = stage.transport(bob.transport.local)
      const end = new End(other, scene)
      await expect(other.listen(end)).rejects.toThrow(TransportError)
      await bob.transport.close()
      await other.listen(end)
      opened.push(other)
    })

    it('is closed once and for all who ask, and is silent then', async () => {
      const { scene, listening } = setUp()
      const [alice, bob, carol] = [await listening(), await listening(), await listening()]
      const { local } = bob.transport
      scene.send(alice.to(bob), 'ping')
      const { flow } = await bob.next()
      await Promise.all([bob.transport.close(), bob.transport.close()])
      await bob.transport.close()
      const heard = bob.events.length
      scene.send(alice.transport.connect(local, scene.stage.options), 'too late')
      const sent = scene.send(flow, 'too late')
      expect(sent.errors).toEqual([expect.any(TransportError)])
      // Time enough for whatever was on its way.
      scene.send(alice.to(carol), 'ping')
      await carol.next()
      expect(bob.events).toHaveLength(heard)
    })

    // What follows is about connections.
    if (!makeStage().transport().reliable) return

    it('everything arrives in order, what waited for the connection first', async () => {
      const { scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const texts = Array.from({ length: 100 }, (_, i) => String(i))
      for (const text of texts.slice(0, 50)) scene.send(alice.to(bob), text)
      await bob.next()
      for (const text of texts.slice(50)) scene.send(alice.to(bob), text)
      await scene.until(() => bob.messages.length === texts.length)
      expect(bob.messages.map(({ text }) => text)).toEqual(texts)
    })

    it('closed while it sends: what the connection has taken arrives, what waited for it fails', async () => {
      const { stage, scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      scene.send(alice.to(bob), 'ping')
      await bob.next()
      const texts = Array.from({ length: 50 }, (_, i) => `${i} ${'x'.repeat(2000)}`)
      const taken = texts.map((text) => scene.send(alice.to(bob), text))
      const waiting = scene.send(alice.transport.connect(await stage.nowhere(), stage.options), 'x')
      await alice.transport.close()
      await scene.until(() => bob.count('closed') > 0)
      expect(bob.messages.slice(1).map(({ text }) => text)).toEqual(texts)
      expect(taken.flatMap(({ errors }) => errors)).toEqual([])
      expect(waiting.errors).toEqual([expect.any(TransportError)])
    })

    it('a connection is used again, by both ends', async () => {
      const { stage, scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const out = alice.to(bob)
      expect(alice.to(bob)).toBe(out)
      scene.send(out, 'ping')
      const { flow } = await bob.next()
      expect(alice.to(bob)).toBe(out)
      expect(bob.transport.connect(flow.remote)).toBe(flow)
      expect(bob.count('open')).toBe(1)
      out.close()
      expect(alice.transport.connect(bob.transport.local, stage.options)).not.toBe(out)
    })

    it('tells when a connection is open, before anything else', async () => {
      const { scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const out = alice.to(bob)
      scene.send(out, 'ping')
      const { flow } = await bob.next()
      scene.send(flow, 'pong')
      await alice.next()
      for (const [end, its] of [
        [alice, out],
        [bob, flow],
      ] as const) {
        expect(end.events[0]).toEqual({ type: 'open', flow: its })
        expect(end.count('open')).toBe(1)
      }
    })

    it('closing a flow sends what was sent, and tells both ends once', async () => {
      const { scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const out = alice.to(bob)
      scene.send(out, 'hello')
      const { flow } = await bob.next()
      scene.send(flow, 'bye')
      flow.close()
      expect(bob.events.at(-1)).toEqual({ type: 'closed', flow })
      flow.close()
      await scene.until(() => alice.count('closed') > 0)
      expect(alice.messages.map(({ text }) => text)).toEqual(['bye'])
      expect(alice.events.at(-1)).toEqual({ type: 'closed', flow: out })
      for (const closed of [out, flow])
        expect(scene.send(closed, 'x').errors).toEqual([expect.any(TransportError)])
      expect([alice.count('closed'), bob.count('closed')]).toEqual([1, 1])
    })

    it('the reason of a close is told to those at this end', async () => {
      const { stage, scene, listening } = setUp()
      const alice = await listening()
      const flow = alice.transport.connect(await stage.nowhere(), stage.options)
      const sent = scene.send(flow, 'x')
      const reason = new TransportError('changed my mind')
      flow.close(reason)
      expect(alice.events).toEqual([{ type: 'closed', flow, error: reason }])
      expect(sent.errors).toEqual([reason])
      expect(scene.send(flow, 'x').errors).toEqual([reason])
    })

    it('what is sent to nobody fails, and its flow is closed', async () => {
      const { stage, scene, listening } = setUp()
      const alice = await listening()
      const flow = alice.transport.connect(await stage.nowhere(), stage.options)
      const sent = [scene.send(flow, 'a'), scene.send(flow, 'b')]
      await scene.until(() => alice.count('closed') > 0 && sent.every(({ errors }) => errors.length > 0))
      expect(alice.events.at(-1)).toEqual({ type: 'closed', flow, error: expect.any(TransportError) })
      for (const { errors } of sent) expect(errors).toEqual([expect.any(TransportError)])
      expect(alice.transport.connect(flow.remote, stage.options)).not.toBe(flow)
    })

    it('closing a transport tells its peers', async () => {
      const { scene, listening } = setUp()
      const [alice, bob] = [await listening(), await listening()]
      const out = alice.to(bob)
      scene.send(out, 'ping')
      await bob.next()
      await bob.transport.close()
      expect(bob.count('closed')).toBe(1)
      await scene.until(() => alice.count('closed') > 0)
      expect(alice.events.at(-1)).toMatchObject({ type: 'closed', flow: out })
    })
  })
}

/** What became of a message that was sent. */
interface Sent {
  readonly errors: readonly TransportError[]
}

/** Everything of one test: waits for whatever happens. */
class Scene {
  readonly stage: ContractStage
  readonly #waiting: (() => void)[] = []

  constructor(stage: ContractStage) {
    this.stage = stage
  }

  /** Sends a message that any framer can find the end of. */
  send(flow: Flow, text: string): Sent {
    const body = textToBytes(text)
    const head = textToBytes(`TEST sip:a SIP/2.0\r\nl: ${body.length}\r\n\r\n`)
    const bytes = new Uint8Array(head.length + body.length)
    bytes.set(head)
    bytes.set(body, head.length)
    const errors: TransportError[] = []
    flow.send(bytes, (error) => {
      errors.push(error)
      this.happened()
    })
    return { errors }
  }

  /** Something has happened. */
  happened(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      const { elapse } = this.stage
      if (elapse === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve))
      else {
        await null
        elapse()
      }
    }
  }
}

/** Hears what happens on a transport. */
class End {
  readonly transport: Transport
  readonly events: TransportEvent[] = []
  readonly messages: { readonly flow: Flow; readonly text: string }[] = []
  readonly #scene: Scene
  readonly #framers = new Map<Flow, Framer>()
  #read = 0

  constructor(transport: Transport, scene: Scene) {
    this.transport = transport
    this.#scene = scene
  }

  /** The flow to another one. */
  to(other: End): Flow {
    return this.transport.connect(other.transport.local, this.#scene.stage.options)
  }

  /** The next message that was not read yet. */
  async next(): Promise<{ readonly flow: Flow; readonly text: string }> {
    const index = this.#read++
    await this.#scene.until(() => this.messages.length > index)
    return this.messages[index] as { flow: Flow; text: string }
  }

  count(type: TransportEvent['type']): number {
    return this.events.filter((event) => event.type === type).length
  }

  onTransport(event: TransportEvent): void {
    this.events.push(event)
    if (event.type === 'data') this.#take(event.flow, event.bytes)
    this.#scene.happened()
  }

  #take(flow: Flow, bytes: Uint8Array): void {
    const stream = this.transport.framing === 'stream'
    const framer = this.#framers.get(flow) ?? (stream ? new StreamFramer() : new MessageFramer())
    this.#framers.set(flow, framer)
    framer.push(bytes)
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) {
      if (frame.type !== 'message') throw new Error(`a ${frame.type} where a message was sent`)
      const text = bytesToText(frame.bytes)
      this.messages.push({ flow, text: text.slice(text.indexOf('\r\n\r\n') + 4) })
    }
  }
}
