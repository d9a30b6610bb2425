import { Endpoint } from 'sip-core'
import { LoopNetwork, ScriptedPeer, SeededRandom, VirtualClock } from 'sip-core/testing'
import { describe, expect, it } from 'vitest'
import type { EventPackage } from './event-package.ts'
import { EvsubLayer } from './evsub-layer.ts'

const HERE = { host: '192.0.2.1', port: 5060 }

const named = (name: string): EventPackage => ({
  name,
  accept: [`application/${name}`],
  defaultExpires: 600,
  minExpires: 0,
  maxExpires: 600,
})

async function meet() {
  const clock = new VirtualClock()
  const network = new LoopNetwork({ clock, random: new SeededRandom(1) })
  const endpoint = await Endpoint.start(network.platform(), [network.udp(HERE.host)])
  const peer = await ScriptedPeer.at(network.udp('192.0.2.2'))
  const layer = EvsubLayer.of(endpoint)
  layer.register(named('refer'))
  const ask = (method: string, ...lines: string[]) => {
    peer.open(method, HERE, { lines })
    clock.advance(10)
    const { status, headers } = peer.lastAnswer(method)
    return { status, allowed: headers.get('Allow-Events') }
  }
  return { clock, endpoint, peer, layer, ask }
}

const STATE = 'Subscription-State: active'
const IN_DIALOG = 'To: <sip:192.0.2.1>;tag=x'

describe('EvsubLayer', () => {
  it('is one for each endpoint, and adds to what the endpoint can do', async () => {
    const { endpoint, layer, ask } = await meet()
    expect(EvsubLayer.of(endpoint)).toBe(layer)
    layer.register(named('weather'))
    layer.register(named('weather'))
    expect([...endpoint.capabilities.events]).toEqual(['refer', 'weather'])
    expect([...endpoint.capabilities.methods]).toContain('NOTIFY')
    expect([...endpoint.capabilities.methods]).toContain('SUBSCRIBE')
    expect([...endpoint.capabilities.contentTypes]).toEqual(['application/refer', 'application/weather'])
    expect(ask('OPTIONS')).toEqual({ status: 200, allowed: 'refer, weather' })
  })

  for (const method of ['SUBSCRIBE', 'NOTIFY']) {
    it.each([
      ['an event that is not known', ['Event: weather', STATE]],
      ['an event in another case', ['Event: Refer', STATE]],
      ['no event', [STATE]],
      ['an event of which JavaScript knows', ['Event: constructor', STATE]],
      ['an event that is not known in a dialog', ['Event: weather', STATE, IN_DIALOG]],
    ])(`refuses a ${method} with %s: 489 and what is known`, async (_, lines) => {
      const { ask } = await meet()
      expect(ask(method, ...lines)).toEqual({ status: 489, allowed: 'refer' })
    })

    it(`refuses a ${method} whose Event cannot be read, and goes on`, async () => {
      const { ask } = await meet()
      expect(ask(method, 'Event: ;;', STATE).status).toBe(400)
      expect(ask(method, 'Event: weather', STATE).status).toBe(489)
    })

    it(`refuses a ${method} of a dialog that is not there`, async () => {
      const { ask } = await meet()
      expect(ask(method, 'Event: refer', STATE, IN_DIALOG).status).toBe(481)
    })
  }

  it('refuses a NOTIFY that nobody asked for, also without a dialog', async () => {
    const { ask } = await meet()
    expect(ask('NOTIFY', 'Event: refer', STATE).status).toBe(481)
  })

  it('refuses a Subscription-State that cannot be read', async () => {
    const { ask } = await meet()
    expect(ask('NOTIFY', 'Event: refer', 'Subscription-State: ;expires=1').status).toBe(400)
  })

  it('refuses what requires an extension that is not known before it looks at the event', async () => {
    const { ask } = await meet()
    expect(ask('SUBSCRIBE', 'Event: weather', 'Require: eventlist').status).toBe(420)
  })

  it('hands out a SUBSCRIBE for a package that takes it, and refuses it for one that does not', async () => {
    const { ask, endpoint, layer } = await meet()
    expect(ask('SUBSCRIBE', 'Event: refer').status).toBe(403)
    layer.register(named('weather'), (received) => endpoint.respond(received, 202))
    // A subscription registers its package too; that must not take the door away.
    layer.register(named('weather'))
    expect(ask('SUBSCRIBE', 'Event: weather').status).toBe(202)
  })

  it('leaves other methods and responses alone', async () => {
    const { ask } = await meet()
    expect(ask('MESSAGE', 'Event: refer').status).toBe(405)
  })

  it('ends its subscriptions when the endpoint closes', async () => {
    const { endpoint, layer } = await meet()
    const ended: string[] = []
    const subscription = (name: string) => ({
      endsByItself: false,
      end: () => ended.push(`${name} told`),
      terminate() {
        ended.push(name)
        layer.remove(this)
      },
    })
    layer.add(subscription('a'))
    layer.add(subscription('b'))
    expect(layer.size).toBe(2)
    await endpoint.close()
    expect(ended).toEqual(['a told', 'b told', 'a', 'b'])
    expect(layer.size).toBe(0)
  })

  it('waits for its subscriptions when the endpoint closes gracefully, and then no longer', async () => {
    const { endpoint, layer, clock } = await meet()
    const ended: string[] = []
    const subscription = (name: string, ms: number) => ({
      endsByItself: false,
      end() {
        clock.setTimer(ms, () => this.terminate())
      },
      terminate() {
        ended.push(`${name} at ${clock.now()}`)
        layer.remove(this)
      },
    })
    layer.add(subscription('quick', 1000))
    layer.add(subscription('slow', 9000))
    const closed = endpoint.close({ graceful: 5000 })
    await clock.play(5000)
    await closed
    expect(ended).toEqual(['quick at 1000', 'slow at 5000'])
  })

  it('ends those that might go on for ever when the endpoint drains, and waits for the others', async () => {
    const { endpoint, layer, clock } = await meet()
    const subscription = (endsByItself: boolean) => ({
      endsByItself,
      end() {
        layer.remove(this)
      },
      terminate() {},
    })
    const referred = subscription(true)
    layer.add(referred)
    layer.add(subscription(false))
    let drained = false
    void endpoint.drain().then(() => {
      drained = true
    })
    await clock.play(1000)
    expect([layer.size, drained]).toEqual([1, false])
    layer.remove(referred)
    await clock.play(0)
    expect(drained).toBe(true)
  })
})
