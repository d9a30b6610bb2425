import { describe, expect, it, vi } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { bytesToText, textToBytes } from '../message/index.ts'
import type { Channel, ConnectionFlow } from './connection-flow.ts'
import { Connections, type ConnectionsOptions, type Vouches } from './connections.ts'
import type { Transport, TransportEvent } from './transport.ts'

const PEER = { host: '192.0.2.2', port: 5060 }
const PEER6 = { host: '2001:db8::2', port: 5060 }

/** A channel that writes down what is done to it. */
class RecordingChannel implements Channel {
  readonly log: string[] = []
  buffered = 0
  /** Told about the last write. */
  done: (error?: Error | null) => void = () => {}

  write(bytes: Uint8Array, done: (error?: Error | null) => void): void {
    this.log.push(bytesToText(bytes))
    this.done = done
  }

  end(): void {
    this.log.push('end')
  }

  destroy(): void {
    this.log.push('destroy')
  }
}

function setUp(options?: ConnectionsOptions) {
  const events: TransportEvent[] = []
  const transport: Transport = {
    protocol: 'TCP',
    reliable: true,
    secure: false,
    framing: 'stream',
    local: { host: '192.0.2.1', port: 5060 },
    listen: async () => {},
    connect: (remote) => open(remote).flow,
    close: async () => {},
  }
  const connections = new Connections(transport, { onTransport: (event) => events.push(event) }, options)
  const open = (remote = PEER, vouches?: Vouches, aliasVouches?: Vouches) => {
    const channel = new RecordingChannel()
    const flow = connections.add(remote, () => channel, vouches, aliasVouches)
    return { channel, flow }
  }
  const send = (flow: ConnectionFlow, text: string) => {
    const failed = vi.fn<(error: TransportError) => void>()
    flow.send(textToBytes(text), failed)
    return failed
  }
  const told = () => events.splice(0).map(({ type }) => type)
  return { connections, transport, events, told, open, send }
}

/** The only error that `failed` was told. */
function errorOf(failed: {
  readonly mock: { readonly calls: (readonly TransportError[])[] }
}): TransportError {
  expect(failed.mock.calls).toHaveLength(1)
  return failed.mock.calls[0]?.[0] as TransportError
}

describe('a connection that is opening', () => {
  it('keeps what is sent, in order, before anything that hears of it sends more', () => {
    const { open, send, told } = setUp()
    const { flow, channel } = open()
    send(flow, 'a')
    send(flow, 'b')
    expect(channel.log).toEqual([])
    flow.opened()
    send(flow, 'c')
    expect(channel.log).toEqual(['a', 'b', 'c'])
    expect(told()).toEqual(['open'])
  })

  it('keeps a bounded number of bytes, and one message however large', () => {
    const { open, send } = setUp({ maxBuffered: 4 })
    const { flow, channel } = open()
    expect(send(flow, 'larger')).not.toHaveBeenCalled()
    expect(errorOf(send(flow, 'x')).message).toBe('TCP 192.0.2.2:5060: 6 bytes wait for it to open already')
    flow.opened()
    expect(channel.log).toEqual(['larger'])
    const { flow: other } = open(PEER6)
    expect(send(other, 'ab')).not.toHaveBeenCalled()
    expect(send(other, 'cd')).not.toHaveBeenCalled()
    expect(send(other, 'e')).toHaveBeenCalledOnce()
  })

  it('tells everybody who waits when it fails, once, and then that it is closed', () => {
    const { open, send, events } = setUp()
    const { flow } = open()
    const failures = [send(flow, 'a'), send(flow, 'b')]
    const cause = new Error('refused')
    flow.ended(cause)
    flow.ended()
    for (const failed of failures) {
      expect(errorOf(failed)).toBeInstanceOf(TransportError)
      expect(errorOf(failed)).toMatchObject({
        message: 'TCP 192.0.2.2:5060: cannot be reached: refused',
        cause,
      })
    }
    expect(events).toEqual([{ type: 'closed', flow, error: errorOf(failures[0] as never) }])
  })

  it('was not in order when it is closed without ever having been open', () => {
    const { open, send, events } = setUp()
    const { flow } = open()
    const failed = send(flow, 'a')
    flow.ended()
    expect(errorOf(failed).message).toBe('TCP 192.0.2.2:5060: closed before it was open')
    expect(events).toMatchObject([{ type: 'closed', error: { message: errorOf(failed).message } }])
  })

  it('is dropped by close, with the reason for those who wait', () => {
    const { open, send, events } = setUp()
    const { flow, channel } = open()
    const failed = send(flow, 'a')
    const reason = new TransportError('too slow')
    flow.close(reason)
    expect(channel.log).toEqual(['destroy'])
    expect(errorOf(failed)).toBe(reason)
    expect(events).toEqual([{ type: 'closed', flow, error: reason }])
    flow.opened()
    flow.received(textToBytes('late'))
    expect(events).toHaveLength(1)
  })

  it('whose dialling throws is told of later', async () => {
    const { connections, events, send } = setUp()
    const flow = connections.add(PEER, () => {
      throw new RangeError('no such port')
    })
    const failed = send(flow, 'a')
    expect(events).toEqual([])
    await Promise.resolve()
    expect(errorOf(failed).message).toContain('no such port')
    expect(events).toMatchObject([{ type: 'closed', flow }])
  })
})

describe('a connection that is open', () => {
  it('tells the sender what the network did not take', () => {
    const { open, send } = setUp()
    const { flow, channel } = open()
    flow.opened()
    const fine = send(flow, 'a')
    channel.done(null)
    expect(fine).not.toHaveBeenCalled()
    const failed = send(flow, 'b')
    channel.done(new Error('EPIPE'))
    expect(errorOf(failed).message).toBe('TCP 192.0.2.2:5060: not sent: EPIPE')
  })

  it('cuts off a peer that takes nothing', () => {
    const { open, send, events, told } = setUp({ maxBuffered: 10 })
    const { flow, channel } = open()
    flow.opened()
    told()
    expect(send(flow, 'far more than ten bytes')).not.toHaveBeenCalled()
    channel.buffered = 8
    expect(send(flow, 'ab')).not.toHaveBeenCalled()
    const failed = send(flow, 'abc')
    expect(errorOf(failed).message).toBe('TCP 192.0.2.2:5060: the peer takes nothing, 8 bytes wait for it')
    expect(channel.log.at(-1)).toBe('destroy')
    expect(events).toEqual([{ type: 'closed', flow, error: errorOf(failed) }])
  })

  it('hands on what comes, until it is closed', () => {
    const { open, told } = setUp()
    const { flow, channel } = open()
    flow.opened()
    flow.received(textToBytes('a'))
    flow.close()
    flow.received(textToBytes('b'))
    flow.ended()
    flow.close()
    expect(told()).toEqual(['open', 'data', 'closed'])
    expect(channel.log).toEqual(['end'])
  })

  it('is closed in order by the peer, and fails for whoever sends later', () => {
    const { open, send, events } = setUp()
    const { flow } = open()
    flow.opened()
    flow.ended()
    expect(events.at(-1)).toEqual({ type: 'closed', flow })
    expect(errorOf(send(flow, 'a')).message).toBe('TCP 192.0.2.2:5060: closed')
  })

  it('is lost with what the system says, which later senders hear too', () => {
    const { open, send, events } = setUp()
    const { flow } = open()
    flow.opened()
    flow.ended(new Error('ECONNRESET'))
    expect(events.at(-1)).toMatchObject({ error: { message: 'TCP 192.0.2.2:5060: lost: ECONNRESET' } })
    expect(errorOf(send(flow, 'a')).message).toBe('TCP 192.0.2.2:5060: lost: ECONNRESET')
  })
})

describe('Connections', () => {
  it('finds the connection to an address until it is closed', () => {
    const { connections, open } = setUp()
    const { flow } = open()
    const { flow: six } = open(PEER6)
    expect(connections.find(PEER)).toBe(flow)
    expect(connections.find(PEER6)).toBe(six)
    expect(connections.find({ ...PEER, port: 5061 })).toBeUndefined()
    expect(connections.size).toBe(2)
    flow.close()
    expect(connections.find(PEER)).toBeUndefined()
    expect(connections.size).toBe(1)
  })

  it('finds the oldest of several', () => {
    const { connections, open } = setUp()
    const [first, second] = [open().flow, open().flow]
    expect(connections.find(PEER)).toBe(first)
    first.ended()
    expect(connections.find(PEER)).toBe(second)
  })

  it('asks whom the peer may be taken for, without regard to case; by default for the address', () => {
    const { connections, open } = setUp()
    const { flow } = open(PEER, (domain) => domain === 'example.com' || domain === PEER.host)
    expect(connections.find(PEER, 'Example.COM')).toBe(flow)
    expect(connections.find(PEER, 'example.net')).toBeUndefined()
    expect(connections.find(PEER)).toBe(flow)
  })

  it('leads to the port that a peer has announced, one at a time, while it is open', () => {
    const { connections, open } = setUp()
    const remote = { ...PEER, port: 49152 }
    const { flow } = open(remote, undefined, (domain) => domain !== 'example.net')
    flow.alias(5060)
    expect(connections.find(PEER)).toBeUndefined()
    flow.opened()
    flow.alias(5060)
    flow.alias(5060)
    expect(connections.find(PEER)).toBe(flow)
    expect(connections.find(PEER, 'example.net')).toBeUndefined()
    flow.alias(5070)
    expect(connections.find(PEER)).toBeUndefined()
    expect(connections.find({ ...PEER, port: 5070 })).toBe(flow)
    flow.alias(remote.port)
    expect(connections.find({ ...PEER, port: 5070 })).toBe(flow)
    flow.close()
    expect(connections.find({ ...PEER, port: 5070 })).toBeUndefined()
    expect(connections.find(remote)).toBeUndefined()
  })

  it('leads to no other port where that is not allowed', () => {
    const { connections, open } = setUp()
    const { flow } = open({ ...PEER, port: 49152 })
    flow.opened()
    flow.alias(5060)
    expect(connections.find(PEER)).toBeUndefined()
  })

  it('closes all of them', () => {
    const { connections, open, told } = setUp()
    const { flow } = open()
    flow.opened()
    open(PEER6)
    connections.close()
    expect(connections.size).toBe(0)
    expect(told()).toEqual(['open', 'closed', 'closed'])
  })
})
