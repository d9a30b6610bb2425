import { Endpoint } from 'sip-core'
import { nodePlatform, udp } from 'sip-core/node'
import { UserAgent } from 'sip-ua'
import { Xfer } from 'sip-xfer'

const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n'
const start = async (name: string, port: number) => {
  const endpoint = await Endpoint.start(nodePlatform(), [udp({ host: '127.0.0.1', port })])
  const ua = new UserAgent(endpoint, { identity: `sip:${name}@127.0.0.1:${port}` })
  ua.on('invite', (incoming) => incoming.accept({ sdp }))
  return { endpoint, ua, xfer: new Xfer(ua) }
}
const [alice, bob, carol] = [await start('alice', 5071), await start('bob', 5072), await start('carol', 5073)]
bob.xfer.on('refer', (referral) => referral.follow({ sdp })) // nothing is followed unless you say so

const call = alice.ua.invite('sip:bob@127.0.0.1:5072', { sdp })
await call.established
const transfer = alice.xfer.transfer(call, 'sip:carol@127.0.0.1:5073')
for await (const { status, reason } of transfer) console.log('Bob reports', status, reason)
console.log('Alice knows:', (await transfer.outcome).result)

for (const { ua, endpoint } of [alice, bob, carol]) await ua.close().then(() => endpoint.close())
