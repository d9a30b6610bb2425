import { transportContract } from '../transport/contract.fixture.ts'
import { LoopNetwork } from './loop-network.ts'
import { SeededRandom } from './seeded-random.ts'
import { VirtualClock } from './virtual-clock.ts'

for (const protocol of ['udp', 'tcp'] as const) {
  transportContract(`the loop network's ${protocol}`, () => {
    const clock = new VirtualClock()
    const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
    let place = 0
    return {
      transport: (at) =>
        at === undefined ? network[protocol](`192.0.2.${++place}`) : network[protocol](at.host, at.port),
      transport6: () => network[protocol](`2001:db8::${++place}`),
      nowhere: () => ({ host: '192.0.2.250', port: 5060 }),
      elapse: () => clock.advance(10),
    }
  })
}
