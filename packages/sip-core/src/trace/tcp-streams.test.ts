import { expect, it } from 'vitest'
import type { IpPath } from './ip-address.ts'
import { TcpStreams } from './tcp-streams.ts'

const between = (sourcePort: number, destinationPort: number): IpPath => ({
  version: 4,
  source: new Uint8Array([127, 0, 0, 1]),
  sourcePort,
  destination: new Uint8Array([127, 0, 0, 1]),
  destinationPort,
})

it('goes on where each end has stopped, and acknowledges what the other has said', () => {
  const streams = new TcpStreams()
  expect(streams.next(between(1, 2), 100)).toEqual({ sequence: 1, acknowledged: 1 })
  expect(streams.next(between(1, 2), 10)).toEqual({ sequence: 101, acknowledged: 1 })
  expect(streams.next(between(2, 1), 7)).toEqual({ sequence: 1, acknowledged: 111 })
  expect(streams.next(between(1, 2), 1)).toEqual({ sequence: 111, acknowledged: 8 })
})

it('keeps connections apart', () => {
  const streams = new TcpStreams()
  streams.next(between(1, 2), 100)
  const other = streams.next(between(1, 3), 5)
  expect(streams.next(between(1, 3), 5).sequence).toBe(other.sequence + 5)
  expect(streams.next(between(1, 2), 5).sequence).toBe(101)
})

it('begins again at 0 after 4 GiB', () => {
  const streams = new TcpStreams()
  streams.next(between(1, 2), 2 ** 32 - 2)
  expect(streams.next(between(1, 2), 5).sequence).toBe(2 ** 32 - 1)
  expect(streams.next(between(1, 2), 5).sequence).toBe(4)
})

it('forgets the connection that was silent longest, and not one that speaks', () => {
  const streams = new TcpStreams()
  streams.next(between(1, 2), 100)
  streams.next(between(1, 3), 100)
  for (let port = 10; port < 10_008; port++) streams.next(between(1, port), 1)
  streams.next(between(1, 2), 100)
  streams.next(between(1, 60_000), 1)
  expect(streams.next(between(1, 2), 1).sequence).toBe(201)
  expect(streams.next(between(1, 3), 1).sequence).not.toBe(64_101)
})
