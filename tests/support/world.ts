import { Endpoint, type EndpointOptions, parseMessage } from 'sip-core'
import {
  type Fate,
  type Faults,
  LoopNetwork,
  type Packet,
  SeededRandom,
  VirtualClock,
} from 'sip-core/testing'
import { DialogLayer, UserAgent, type UserAgentInit } from 'sip-ua'
import { expect } from 'vitest'

export interface WorldOptions {
  readonly seed?: number
  readonly faults?: Partial<Faults>
  /** Decides over single packets. */
  readonly decide?: (packet: Packet) => Fate | undefined
  /** Host names and their addresses; default none. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>
}

/** What went over the network, in short: `alice>bob INVITE`, `bob>alice 180 INVITE`. */
export interface Sent {
  readonly line: string
  readonly packet: Packet
  readonly fate: Fate['type']
}

/** A network in virtual time with user agents that can be made on it by name. */
export class World {
  readonly clock = new VirtualClock()
  readonly network: LoopNetwork
  readonly sent: Sent[] = []
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #agents = new Map<string, UserAgent>()
  readonly #names = new Map<string, string>()

  constructor({ seed = 1, faults, decide, hosts = {} }: WorldOptions = {}) {
    const random = new SeededRandom(seed)
    const hooks = decide === undefined ? {} : { decide }
    this.network = new LoopNetwork({ clock: this.clock, random, faults: faults ?? {}, hosts, ...hooks })
    this.network.on('packet', (packet, fate) =>
      this.sent.push({ line: this.#line(packet), packet, fate: fate.type }),
    )
  }

  /** An endpoint of its own at an address of its own. */
  async endpoint(name: string, options: EndpointOptions = {}): Promise<Endpoint> {
    const host = `192.0.2.${this.#endpoints.size + 1}`
    const endpoint = await Endpoint.start(this.network.platform(), [this.network.udp(host)], options)
    this.#endpoints.set(name, endpoint)
    this.#names.set(host, name)
    return endpoint
  }

  /** A user agent on an endpoint of its own. */
  async agent(
    name: string,
    options: EndpointOptions = {},
    init: Omit<UserAgentInit, 'identity'> = {},
  ): Promise<UserAgent> {
    const endpoint = await this.endpoint(name, options)
    const agent = new UserAgent(endpoint, { identity: `"${name}" <sip:${name}@example.com>`, ...init })
    this.#agents.set(name, agent)
    return agent
  }

  /** The address of a named endpoint as a URI. */
  uri(name: string): string {
    const host = this.#endpoints.get(name)?.transports.transports[0]?.local.host
    return `sip:${name}@${host}`
  }

  /** The lines of what was sent, lost or not, retransmissions included. */
  get lines(): readonly string[] {
    return this.sent.map(({ line }) => line)
  }

  /** What was sent the first time it was sent. */
  get firstLines(): readonly string[] {
    const seen = new Set<string>()
    return this.sent
      .filter(({ packet }) => {
        const text = Buffer.from(packet.bytes).toString('latin1')
        return !seen.has(text) && seen.add(text)
      })
      .map(({ line }) => line)
  }

  /** Lets everything come to its end, and sees that nothing is left: no transaction, no dialog, no call, no timer. */
  async expectNothingLeft(): Promise<void> {
    await this.clock.play(70_000)
    const left = [...this.#endpoints].map(([name, endpoint]) => ({
      name,
      transactions: endpoint.transactions.size,
      dialogs: DialogLayer.of(endpoint).size,
      calls: this.#agents.get(name)?.calls.size ?? 0,
    }))
    expect(left).toEqual(left.map(({ name }) => ({ name, transactions: 0, dialogs: 0, calls: 0 })))
    expect(this.clock.pending).toBe(0)
  }

  #line({ from, to, bytes }: Packet): string {
    const name = (host: string) => this.#names.get(host) ?? host
    const result = parseMessage(bytes)
    const what =
      result.type === 'request'
        ? result.request.method
        : result.type === 'response'
          ? `${result.response.status} ${result.response.cseq.method}`
          : result.type
    return `${name(from.host)}>${name(to.host)} ${what}`
  }
}
