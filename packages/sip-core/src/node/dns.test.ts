import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeDns } from './dns.ts'

const TYPES = { A: 1, SRV: 33, NAPTR: 35, AAAA: 28 } as const
type Type = keyof typeof TYPES

const open: Socket[] = []

afterEach(() => {
  for (const socket of open.splice(0)) socket.close()
})

const uint16 = (value: number) => Buffer.from([value >> 8, value & 255])
const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)])
const name = (value: string) => Buffer.concat([...value.split('.').map(text), Buffer.from([0])])

/** RFC 1035 §4.1.3, the name being that of the question. */
function record(type: Type, ttl: number, data: Uint8Array): Uint8Array {
  const head = Buffer.concat([uint16(0xc00c), uint16(TYPES[type]), uint16(1), uint16(0), uint16(ttl)])
  return Buffer.concat([head, uint16(data.length), data])
}

/** A name server on this machine that knows what `zone` says by `'A example.com'`, and denies all else. */
async function serve(zone: Readonly<Record<string, readonly Uint8Array[]>>): Promise<string> {
  const socket = createSocket('udp4')
  open.push(socket)
  socket.on('message', (query, { port, address }) => {
    const labels: string[] = []
    let at = 12
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length))
      at += length + 1
    }
    const type = Object.entries(TYPES).find(([, number]) => number === query.readUInt16BE(at + 1))?.[0]
    const answers = zone[`${type} ${labels.join('.').toLowerCase()}`] ?? []
    const header = Buffer.concat([
      query.subarray(0, 2),
      uint16(answers.length > 0 ? 0x8180 : 0x8183),
      uint16(1),
      uint16(answers.length),
      uint16(0),
      uint16(0),
    ])
    socket.send(Buffer.concat([header, query.subarray(12, at + 5), ...answers]), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}

describe('nodeDns', () => {
  it('asks name servers for addresses of both families, and for how long they are valid', async () => {
    const server = await serve({
      'A sip.example.com': [
        record('A', 300, Buffer.from([192, 0, 2, 1])),
        record('A', 300, Buffer.from([192, 0, 2, 2])),
      ],
      'AAAA sip.example.com': [record('AAAA', 60, Buffer.from('20010db8000000000000000000000001', 'hex'))],
      'AAAA six.example.com': [record('AAAA', 60, Buffer.from('20010db8000000000000000000000006', 'hex'))],
    })
    const dns = nodeDns({ servers: [server] })
    expect(await dns.lookup('sip.example.com')).toEqual({
      records: ['192.0.2.1', '192.0.2.2', '2001:db8::1'],
      ttl: 60,
    })
    expect(await dns.lookup('six.example.com')).toEqual({ records: ['2001:db8::6'], ttl: 60 })
    await expect(dns.lookup('gone.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('asks for SRV records', async () => {
    const data = Buffer.concat([uint16(10), uint16(60), uint16(5070), name('a.example.com')])
    const dns = nodeDns({
      servers: [await serve({ 'SRV _sip._udp.example.com': [record('SRV', 300, data)] })],
    })
    expect(await dns.srv('_sip._udp.example.com')).toEqual({
      records: [{ priority: 10, weight: 60, port: 5070, target: 'a.example.com' }],
    })
    await expect(dns.srv('_sip._tcp.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  it('asks for NAPTR records', async () => {
    const data = Buffer.concat([
      ...[uint16(10), uint16(50), text('s'), text('SIP+D2U'), text('')],
      name('_sip._udp.example.com'),
    ])
    const dns = nodeDns({ servers: [await serve({ 'NAPTR example.com': [record('NAPTR', 300, data)] })] })
    const { records } = await dns.naptr('example.com')
    expect(records).toMatchObject([
      { order: 10, preference: 50, flags: 's', service: 'SIP+D2U', replacement: '_sip._udp.example.com' },
    ])
  })

  it('gives a silent name server up', async () => {
    const silent = createSocket('udp4')
    open.push(silent)
    silent.bind(0, '127.0.0.1')
    await once(silent, 'listening')
    const dns = nodeDns({ servers: [`127.0.0.1:${silent.address().port}`], timeout: 50, tries: 1 })
    await expect(dns.lookup('sip.example.com')).rejects.toMatchObject({ code: 'ETIMEOUT' })
  })

  it('knows the hosts of this machine', async () => {
    const { records } = await nodeDns({ timeout: 50, tries: 1 }).lookup('localhost')
    expect(records.every((address) => address === '127.0.0.1' || address === '::1')).toBe(true)
    expect(records.length).toBeGreaterThan(0)
  })
})
