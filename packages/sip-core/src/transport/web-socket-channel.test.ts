import { describe, expect, it } from 'vitest'
import type { TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import { Connections } from './connections.ts'
import type { Transport, TransportEvent } from './transport.ts'
import { closedWith, WebSocketChannel, webSocketPolicy } from './web-socket-channel.ts'

const PEER = { host: '192.0.2.2', port: 80 }

/** A connection whose socket is a log. */
function setUp() {
  const events: TransportEvent[] = []
  const log: string[] = []
  const port = { open: true, buffered: 0 }
  const transport: Transport = {
    protocol: 'WS',
    reliable: true,
    secure: false,
    framing: 'message',
    local: { host: 'abc.invalid', port: 0 },
    listen: async () => {},
    connect: () => flow,
    close: async () => {},
  }
  const made: WebSocketChannel[] = []
  const connections = new Connections(transport, { onTransport: (event) => events.push(event) })
  const flow = connections.add(PEER, (flow) => {
    const channel = new WebSocketChannel(flow, () => ({
      get open() {
        return port.open
      },
      get buffered() {
        return port.buffered
      },
      send: (bytes, done) => {
        log.push(bytesToText(bytes))
        done()
      },
      close: () => log.push('close'),
      drop: () => log.push('drop'),
    }))
    made.push(channel)
    return channel
  })
  const [channel] = made as [WebSocketChannel]
  const send = (text: string) => {
    const errors: TransportError[] = []
    flow.send(textToBytes(text), (error) => errors.push(error))
    return errors
  }
  /** What was told since the last time. */
  const told = () =>
    events.splice(0).map((event) => {
      if (event.type === 'data') return bytesToText(event.bytes)
      return event.type === 'closed' && event.error ? `closed: ${event.error.message}` : event.type
    })
  return { channel, flow, port, log, send, told }
}

function opened() {
  const set = setUp()
  set.channel.opened('sip')
  set.told()
  return set
}

describe('WebSocketChannel', () => {
  it('sends what waited once the peer has agreed to speak SIP', () => {
    const { channel, send, log, told } = setUp()
    send('one')
    send('two')
    expect(log).toEqual([])
    channel.opened('sip')
    expect(log).toEqual(['one', 'two'])
    expect(told()).toEqual(['open'])
  })

  it.each(['', 'SIP', 'xmpp'])('drops a peer that has chosen the subprotocol %o', (subprotocol) => {
    const { channel, send, log, told } = setUp()
    const errors = send('one')
    channel.opened(subprotocol)
    expect(log).toEqual(['drop'])
    expect(errors[0]?.message).toContain(`its subprotocol is '${subprotocol}'`)
    expect(told()).toEqual([expect.stringContaining('closed: WS 192.0.2.2:80: ')])
  })

  it('tells why when it comes to nothing, once', () => {
    const { channel, send, told } = setUp()
    const errors = send('one')
    channel.ended(new Error('ECONNREFUSED'))
    channel.ended(new Error('again'))
    channel.opened('sip')
    expect(errors.map(({ message }) => message)).toEqual(['WS 192.0.2.2:80: cannot be reached: ECONNREFUSED'])
    expect(told()).toHaveLength(1)
  })

  it('hands on frames as they are', () => {
    const { send, log, channel, told } = opened()
    send('REGISTER')
    channel.received(textToBytes('SIP/2.0 200 OK'))
    channel.received(textToBytes('\r\n\r\n\r\nINVITE'))
    expect(log).toEqual(['REGISTER'])
    expect(told()).toEqual(['SIP/2.0 200 OK', '\r\n\r\n\r\nINVITE'])
  })

  it('takes nothing while the socket is closing', () => {
    const { send, log, port } = opened()
    port.open = false
    expect(send('late')[0]?.message).toContain('the WebSocket is closing')
    expect(log).toEqual([])
  })

  it('closes in order, and nothing comes of what arrives later', () => {
    const { flow, channel, log, told } = opened()
    flow.close()
    channel.received(textToBytes('late'))
    channel.ended(closedWith(1006, ''))
    expect(log).toEqual(['close'])
    expect(told()).toEqual(['closed'])
  })

  it('drops a peer that lets too much pile up', () => {
    const { port, send, log, told } = opened()
    port.buffered = 1024 * 1024
    expect(send('one more')).toHaveLength(1)
    expect(log).toEqual(['drop'])
    expect(told()).toHaveLength(1)
  })

  it.each([
    [1000, ''],
    [1001, 'away'],
    [1005, ''],
  ])('takes %i from the peer for an end in order', (code, reason) => {
    const { channel, told } = opened()
    channel.ended(closedWith(code, reason))
    expect(told()).toEqual(['closed'])
  })

  it.each([
    [1006, '', 'closed with 1006'],
    [1011, 'bug', 'closed with 1011 (bug)'],
  ])('takes %i %o from the peer for an error', (code, reason, text) => {
    const { channel, told } = opened()
    channel.ended(closedWith(code, reason))
    expect(told()).toEqual([`closed: WS 192.0.2.2:80: lost: ${text}`])
  })
})

describe('webSocketPolicy', () => {
  it('keeps connections for ever, and none that does not open', () => {
    expect(webSocketPolicy({})).toEqual({
      connectTimeout: 10_000,
      idleTimeout: 0,
      keepAlive: 0,
      limits: { maxHead: 65_535, maxBody: 65_535 },
    })
  })

  it('says what it is told', () => {
    const options = { connectTimeout: 1, idleTimeout: 2, maxHead: 3, maxBody: 4 }
    expect(webSocketPolicy(options, 5)).toEqual({
      connectTimeout: 1,
      idleTimeout: 2,
      keepAlive: 5,
      limits: { maxHead: 3, maxBody: 4 },
    })
  })
})
