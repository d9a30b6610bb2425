import { createSocket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { udpSender } from './udp-sender.ts'

it('sends packets, by a name too', async () => {
  const { address: localhost, family } = await lookup('localhost')
  for (const host of [localhost, 'localhost']) {
    const collector = createSocket(family === 6 ? 'udp6' : 'udp4').bind(0, localhost)
    await once(collector, 'listening')
    await using sender = await udpSender({ host, port: collector.address().port })
    sender.send(new Uint8Array([1, 2, 3]))
    const [packet] = (await once(collector, 'message')) as [Buffer]
    expect([...packet]).toEqual([1, 2, 3])
    collector.close()
  }
})

it('lets what was handed over go out before it closes, and takes nothing more', async () => {
  const collector = createSocket('udp4').bind(0, '127.0.0.1')
  await once(collector, 'listening')
  const heard: number[] = []
  const last = new Promise<void>((resolve) =>
    collector.on('message', ([byte = 0]) => {
      heard.push(byte)
      if (heard.length === 3) resolve()
    }),
  )
  const sender = await udpSender({ host: '127.0.0.1', port: collector.address().port })
  for (const byte of [1, 2, 3]) sender.send(new Uint8Array([byte]))
  await Promise.all([sender.close(), sender.close()])
  sender.send(new Uint8Array([4]))
  await last
  expect(heard).toEqual([1, 2, 3])
  collector.close()
})

it('does not care whether anybody listens, or takes what is too large', async () => {
  const nobody = createSocket('udp4').bind(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address()
  await new Promise<void>((resolve) => nobody.close(resolve))
  const sender = await udpSender({ host: '127.0.0.1', port })
  for (let i = 0; i < 3; i++) sender.send(new Uint8Array(10))
  sender.send(new Uint8Array(100_000))
  await sender.close()
})

it('says so when the name is not found', async () => {
  await expect(udpSender({ host: 'no name at all', port: 9060 })).rejects.toThrow(TransportError)
})
