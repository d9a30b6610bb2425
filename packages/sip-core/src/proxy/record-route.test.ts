import { expect, it } from 'vitest'
import { transportAt } from './proxy.fixture.ts'
import { recordRoutes, type Side } from './record-route.ts'

const side = (...at: Parameters<typeof transportAt>): Side => {
  const transport = transportAt(...at)
  return { transport, address: transport.local }
}
const udp = side('192.0.2.9')
const tcp = side('192.0.2.9', 'TCP')
const tls = side('192.0.2.9', 'TLS', 5061)
const wss = side('192.0.2.9', 'WSS', 443)
const inside = side('2001:db8::9')
const mapped: Side = { ...udp, address: { host: 'sip.example.com', port: 5070 } }

it.each([
  ['one for a dialog that stays on its transport', udp, udp, false, '<sip:192.0.2.9:5060;lr>'],
  ['the transport where it is not UDP', tcp, tcp, false, '<sip:192.0.2.9:5060;transport=tcp;lr>'],
  [
    'two between transports, the far side on top',
    tcp,
    udp,
    false,
    '<sip:192.0.2.9:5060;lr> <sip:192.0.2.9:5060;transport=tcp;lr>',
  ],
  ['two between networks', udp, inside, false, '<sip:[2001:db8::9]:5060;lr> <sip:192.0.2.9:5060;lr>'],
  ['sips only where it was asked for', tls, tls, false, '<sip:192.0.2.9:5061;transport=tls;lr>'],
  ['sips means TLS', tls, tls, true, '<sips:192.0.2.9:5061;lr>'],
  ['what peers are told', mapped, udp, false, '<sip:192.0.2.9:5060;lr> <sip:sip.example.com:5070;lr>'],
  ['sips over WebSocket', wss, tls, true, '<sips:192.0.2.9:5061;lr> <sips:192.0.2.9:443;transport=ws;lr>'],
] as const)('writes %s', (_, inbound, outbound, secure, expected) => {
  expect(recordRoutes(inbound, outbound, secure).map(String).join(' ')).toBe(expected)
})
