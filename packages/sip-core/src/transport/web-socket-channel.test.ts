import { describe, expect, it } from 'vitest'
import type { TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import { VirtualClock } from '../testing/index.ts'
import { Connections } from './connections.ts'
import type { Transport, TransportEvent } from './transport.ts'
import { closedWith, WebSocketChannel, type WebSocketLimits, webSocketBounds } from './web-socket-channel.ts'

const PEER = { host: '192.0.2.2', port: 80 }
const CRLF = '\r\n'

/** A connection whose socket is a log. */
function setUp(limits: WebSocketLimits = {}) {
  const clock = new VirtualClock()
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
  let closeCode: 1000 | 1001 = 1000
  const connections = new Connections(transport, { onTransport: (event) => events.push(event) })
  const flow = connections.add(PEER, (flow) => {
    const channel = new WebSocketChannel({
      flow,
      clock,
      bounds: webSocketBounds(limits),
      closeCode: () => closeCode,
      open: () => ({
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
        ping: () => log.push('ping'),
        close: (code) => log.push(`close ${code}`),
        drop: () => log.push('drop'),
      }),
    })
    made.push(channel)
    return channel
  })
  const [channel] = made as [WebSocketChannel]
  const send = (text: string) => {
    const errors: TransportError[] = []
    flow.send(textToBytes(text), (error) => errors.push(error))
    return errors
  }
  return {
    clock,
    channel,
    flow,
    port,
    log,
    send,
    goAway: () => {
      closeCode = 1001
    },
    /** What was told since the last time. */
    told: () =>
      events.splice(0).map((event) => {
        if (event.type === 'data') return bytesToText(event.bytes)
        return event.type === 'closed' && event.error ? `closed: ${event.error.message}` : event.type
      }),
  }
}

function opened(limits: WebSocketLimits = {}) {
  const set = setUp(limits)
  set.channel.opened('sip')
  set.told()
  return set
}

describe('opening a WebSocket', () => {
  it('sends what waited once the peer has agreed to speak SIP', () => {
    const { channel, send, log, told, clock } = setUp()
    send('one')
    send('two')
    expect(log).toEqual([])
    channel.opened('sip')
    expect(log).toEqual(['one', 'two'])
    expect(told()).toEqual(['open'])
    clock.advance(20_000)
    expect(told()).toEqual([])
  })

  it.each(['', 'SIP', 'xmpp'])('closes when the peer has chosen the subprotocol %o', (subprotocol) => {
    const { channel, send, log, told, clock } = setUp()
    const errors = send('one')
    channel.opened(subprotocol)
    expect(log[0]).toBe('close 1002')
    expect(errors[0]?.message).toContain(`its subprotocol is '${subprotocol}'`)
    expect(told()).toEqual([expect.stringContaining('closed: WS 192.0.2.2:80: ')])
    expect(clock.pending).toBe(0)
  })

  it('is given up after the time that it may take', () => {
    const { send, log, told, clock } = setUp({ connectTimeout: 700 })
    const errors = send('one')
    clock.advance(699)
    expect(told()).toEqual([])
    clock.advance(1)
    expect(log[0]).toBe('drop')
    expect(errors[0]?.message).toContain('not open within 700 ms')
    expect(told()).toEqual([expect.stringContaining('not open within 700 ms')])
    expect(clock.pending).toBe(0)
  })

  it('waits 10 seconds by default', () => {
    const { told, clock } = setUp()
    clock.advance(9_999)
    expect(told()).toEqual([])
    clock.advance(1)
    expect(told()).toHaveLength(1)
  })

  it('tells why when it comes to nothing, once', () => {
    const { channel, send, told, clock } = setUp()
    const errors = send('one')
    channel.ended(new Error('ECONNREFUSED'))
    channel.ended(new Error('again'))
    channel.opened('sip')
    expect(errors.map(({ message }) => message)).toEqual(['WS 192.0.2.2:80: cannot be reached: ECONNREFUSED'])
    expect(told()).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })
})

describe('messages', () => {
  it('go as they are, one a frame', () => {
    const { send, log, channel, told } = opened()
    send('REGISTER')
    channel.received(textToBytes('SIP/2.0 200 OK'))
    channel.received(textToBytes('\r\n\r\n\r\nINVITE'))
    expect(log).toEqual(['REGISTER'])
    expect(told()).toEqual(['SIP/2.0 200 OK', '\r\n\r\n\r\nINVITE'])
  })

  it('are refused while the socket is closing', () => {
    const { send, log, port } = opened()
    port.open = false
    expect(send('late')[0]?.message).toContain('the connection is closing')
    expect(log).toEqual([])
  })

  it('past the limit end the connection', () => {
    const { channel, log, told } = opened({ maxMessage: 10 })
    channel.received(textToBytes('0123456789'))
    expect(told()).toEqual(['0123456789'])
    channel.received(textToBytes('0123456789A'))
    channel.received(textToBytes('more'))
    expect(log[0]).toBe('close 1009')
    expect(told()).toEqual([expect.stringContaining('more than 10 bytes')])
  })

  it('of an empty frame are nothing to this room', () => {
    const { channel, told } = opened()
    channel.received(new Uint8Array())
    expect(told()).toEqual([''])
  })
})

describe('keep-alive', () => {
  it('of a peer is answered, and handed to nobody (RFC 5626 §4.4.1)', () => {
    const { channel, log, told } = opened()
    channel.received(textToBytes(CRLF + CRLF))
    channel.received(textToBytes(CRLF))
    expect(log).toEqual([CRLF])
    expect(told()).toEqual([])
  })

  it('asks a silent peer, and gives it up when it shows no sign', () => {
    const { clock, log, told, send } = opened({ keepAlive: 1000, keepAliveTimeout: 300 })
    clock.advance(999)
    expect(log).toEqual([])
    clock.advance(1)
    expect(log).toEqual(['ping'])
    // What is sent to it is no sign of it.
    send('hello?')
    clock.advance(299)
    expect(told()).toEqual([])
    clock.advance(1)
    expect(log.slice(0, 3)).toEqual(['ping', 'hello?', 'drop'])
    expect(told()).toEqual([expect.stringContaining('no sign of the peer within 300 ms')])
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['a pong', (channel: WebSocketChannel) => channel.heard()],
    ['a message', (channel: WebSocketChannel) => channel.received(textToBytes('OPTIONS'))],
    ['a CRLF', (channel: WebSocketChannel) => channel.received(textToBytes(CRLF))],
  ])('is content with %s', (_name, sign) => {
    const { clock, channel, log, told } = opened({ keepAlive: 1000, keepAliveTimeout: 300 })
    for (let round = 1; round <= 3; round++) {
      clock.advance(1000)
      expect(log).toHaveLength(round)
      clock.advance(200)
      sign(channel)
    }
    clock.advance(900)
    expect(log).toEqual(['ping', 'ping', 'ping'])
    expect(told().join()).not.toContain('closed')
  })

  it('does not ask a peer that is heard of', () => {
    const { clock, channel, log } = opened({ keepAlive: 1000 })
    for (let i = 0; i < 10; i++) {
      clock.advance(900)
      channel.received(textToBytes('OPTIONS'))
    }
    expect(log).toEqual([])
  })

  it('asks after 30 seconds by default, and waits 10', () => {
    const { clock, log, told } = opened()
    clock.advance(29_999)
    expect(log).toEqual([])
    clock.advance(1)
    expect(log).toEqual(['ping'])
    clock.advance(9_999)
    expect(told()).toEqual([])
    clock.advance(1)
    expect(told()).toHaveLength(1)
  })

  it('can be left away', () => {
    const { clock, log } = opened({ keepAlive: 0 })
    clock.advance(10_000_000)
    expect(log).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

describe('an idle connection', () => {
  it('is closed in order, counted from the last message either way', () => {
    const { clock, channel, send, log, told } = opened({ keepAlive: 0, idleTimeout: 1000 })
    clock.advance(900)
    send('one')
    clock.advance(900)
    channel.received(textToBytes('two'))
    clock.advance(900)
    channel.received(textToBytes(CRLF + CRLF))
    clock.advance(999)
    expect(told()).toEqual(['two'])
    clock.advance(1)
    expect(log.at(-1)).toBe('close 1000')
    expect(told()).toEqual(['closed'])
    expect(clock.pending).toBe(0)
  })

  it('is not kept by what this end asks and the peer answers', () => {
    const { clock, channel, told } = opened({ keepAlive: 300, idleTimeout: 1000 })
    for (let i = 0; i < 3; i++) {
      clock.advance(300)
      channel.heard()
    }
    expect(told()).toEqual([])
    clock.advance(100)
    expect(told()).toEqual(['closed'])
  })
})

describe('closing', () => {
  it('in order by this end says 1000, and nothing comes of what arrives later', () => {
    const { flow, channel, log, told, clock } = opened()
    flow.close()
    channel.received(textToBytes('late'))
    channel.heard()
    channel.ended(closedWith(1005, ''))
    expect(log).toEqual(['close 1000'])
    expect(told()).toEqual(['closed'])
    expect(clock.pending).toBe(0)
  })

  it('of the whole transport says 1001', () => {
    const { flow, goAway, log } = opened()
    goAway()
    flow.close()
    expect(log).toEqual(['close 1001'])
  })

  it.each([
    [1000, ''],
    [1001, 'away'],
    [1005, ''],
  ])('by the peer with %i is in order', (code, reason) => {
    const { channel, told } = opened()
    channel.ended(closedWith(code, reason))
    expect(told()).toEqual(['closed'])
  })

  it.each([
    [1006, '', 'closed with 1006'],
    [1011, 'bug', 'closed with 1011 (bug)'],
  ])('by the peer with %i %o is an error', (code, reason, text) => {
    const { channel, told, clock } = opened()
    channel.ended(closedWith(code, reason))
    expect(told()).toEqual([`closed: WS 192.0.2.2:80: lost: ${text}`])
    expect(clock.pending).toBe(0)
  })

  it('drops a peer that lets too much pile up', () => {
    const { port, send, log, told, clock } = opened()
    port.buffered = 1024 * 1024
    expect(send('one more')).toHaveLength(1)
    expect(log[0]).toBe('drop')
    expect(told()).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })
})
