import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { transportContract } from '../transport/contract.fixture.ts'
import type { Address, Transport } from '../transport/index.ts'
import { TestAuthority } from './certificates.fixture.ts'
import { tcp } from './tcp.ts'
import { tls } from './tls.ts'
import { udp } from './udp.ts'
import { ws } from './ws.ts'
import { wss } from './wss.ts'

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)
const authority = new TestAuthority()
const identity = { ...authority.issue({ names: ['URI:sip:example.com'] }), ca: authority.cert }

const MAKE: Readonly<Record<string, (options: Address) => Transport>> = {
  UDP: udp,
  TCP: tcp,
  TLS: (options) => tls({ ...options, ...identity }),
  WS: ws,
  WSS: (options) => wss({ ...options, ...identity }),
}

for (const [name, make] of Object.entries(MAKE)) {
  transportContract(name, () => ({
    transport: (at) => make(at ?? { host: '127.0.0.1', port: 0 }),
    transport6: hasIPv6 ? () => make({ host: '::1', port: 0 }) : undefined,
    nowhere,
    options: { domain: 'example.com' },
  }))
}

// A port that was free a moment ago, and that the system does not give out again so soon.
async function nowhere(): Promise<Address> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return { host: '127.0.0.1', port }
}
