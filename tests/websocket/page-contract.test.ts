import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Address, ConnectOptions, Flow, Transport, TransportEvent, TransportReceiver } from 'sip-core'
import { ws } from 'sip-core/node'
import { type WebSocketClass, webSocket } from 'sip-core/web'
import { WebSocket } from 'ws'
import { transportContract } from '../../packages/sip-core/src/transport/contract.fixture.ts'

/**
 * What connects as a page and is connected to as a server of ours: the contract wants both of one transport. Each
 * server that it connects to gets a page of its own.
 */
class PageAndServer implements Transport {
  readonly protocol = 'WS'
  readonly reliable = true
  readonly secure = false
  readonly framing = 'message'
  readonly #server: Transport
  readonly #pages = new Map<string, Transport>()
  /** By the flows of page and server, which know no more than their own half. */
  readonly #flows = new Map<Flow, Flow>()
  #receiver: TransportReceiver | undefined

  constructor(at: Address) {
    this.#server = ws(at)
  }

  get local(): Address {
    return this.#server.local
  }

  async listen(receiver: TransportReceiver): Promise<void> {
    await this.#server.listen(this.#relay)
    this.#receiver = receiver
  }

  connect(remote: Address, options?: ConnectOptions): Flow {
    const known = [...this.#flows.values()].find(
      ({ remote: { host, port } }) => host === remote.host && port === remote.port,
    )
    if (known !== undefined) return known
    if (this.#receiver === undefined) return this.#server.connect(remote, options)
    return this.#outer(this.#page(remote).connect(remote, options))
  }

  async close(): Promise<void> {
    await Promise.all([this.#server, ...this.#pages.values()].map((transport) => transport.close()))
    this.#pages.clear()
    this.#receiver = undefined
  }

  readonly #relay: TransportReceiver = {
    onTransport: (event: TransportEvent) => {
      const flow = this.#outer(event.flow)
      if (event.type === 'closed') this.#flows.delete(event.flow)
      this.#receiver?.onTransport({ ...event, flow })
    },
  }

  #page({ host, port }: Address): Transport {
    const url = `ws://${host.includes(':') ? `[${host}]` : host}:${port}/`
    let page = this.#pages.get(url)
    if (page === undefined) {
      page = webSocket({ url, WebSocket: WebSocket as WebSocketClass })
      // There is nothing to wait for: a page listens by being there.
      void page.listen(this.#relay)
      this.#pages.set(url, page)
    }
    return page
  }

  #outer(inner: Flow): Flow {
    const { remote } = inner
    const outer = this.#flows.get(inner) ?? {
      transport: this,
      local: this.local,
      remote,
      send: (bytes, failed) => inner.send(bytes, failed),
      close: (reason) => inner.close(reason),
    }
    this.#flows.set(inner, outer)
    return outer
  }
}

transportContract("a page's WebSocket", () => ({
  transport: (at) => new PageAndServer(at ?? { host: '127.0.0.1', port: 0 }),
  nowhere,
}))

async function nowhere(): Promise<Address> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return { host: '127.0.0.1', port }
}
