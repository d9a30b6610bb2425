import { type Address, Endpoint, type Transport } from 'sip-core'
import { nodePlatform, udp } from 'sip-core/node'
import { Ladder } from 'sip-core/testing'
import { EvsubLayer } from 'sip-simple'
import { UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'
import { expect } from 'vitest'

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  '',
].join('\r\n')

/** One of ours on a real socket of 127.0.0.1. */
export class NodeAgent implements AsyncDisposable {
  readonly name: string
  readonly endpoint: Endpoint
  readonly ua: UserAgent
  readonly xfer: Xfer
  readonly ladder: Ladder

  private constructor(name: string, endpoint: Endpoint) {
    this.name = name
    this.endpoint = endpoint
    this.ua = new UserAgent(endpoint, { identity: `"${name}" <${this.uri}>` })
    this.xfer = new Xfer(this.ua)
    this.ladder = new Ladder().watch(name, endpoint)
  }

  /** @param transport default UDP on a free port of 127.0.0.1 */
  static async start(
    name: string,
    transport: Transport = udp({ host: '127.0.0.1', port: 0 }),
  ): Promise<NodeAgent> {
    return new NodeAgent(name, await Endpoint.start(nodePlatform(), [transport]))
  }

  get address(): Address {
    return this.#transport.local
  }

  get uri(): string {
    const { protocol } = this.#transport
    const parameter = protocol === 'UDP' ? '' : `;transport=${protocol.toLowerCase()}`
    return `sip:${this.name}@${this.address.host}:${this.address.port}${parameter}`
  }

  get #transport(): Transport {
    const [transport] = this.endpoint.transports.transports
    if (transport === undefined) throw new Error('no transport')
    return transport
  }

  /** What is alive besides transactions that only wait for retransmissions. */
  expectNoDialogs(): void {
    const left = { dialogs: this.ua.dialogs.size, subscriptions: EvsubLayer.of(this.endpoint).size }
    expect(left, `${this.name}\n${this.ladder}`).toEqual({ dialogs: 0, subscriptions: 0 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endpoint.close()
  }
}
