import { describe, expect, it } from 'vitest'
import { TableDns, VirtualClock, type Zone } from '../testing/index.ts'
import { DnsCache, type DnsCacheOptions } from './dns-cache.ts'

function setUp(zone: Zone, options: DnsCacheOptions = {}) {
  const clock = new VirtualClock()
  const dns = new TableDns(zone)
  const cache = new DnsCache(dns, clock, options)
  return { clock, dns, cache }
}

const ADDRESS = {
  'a.example.com': ['192.0.2.1'],
  'b.example.com': ['192.0.2.2'],
  'c.example.com': ['192.0.2.3'],
}

describe('DnsCache', () => {
  it.each([
    ['what the answer says', 30, {}, 30],
    ['an hour at most', 86_400, {}, 3600],
    ['less at most, if told so', 86_400, { maxTtl: 10 }, 10],
    ['a minute where the answer does not say', undefined, {}, 60],
    ['as long as it is told, where the answer does not say', undefined, { defaultTtl: 7 }, 7],
  ])('keeps for %s', async (_, ttl, options, seconds) => {
    const { clock, dns, cache } = setUp({ address: ADDRESS, ...(ttl !== undefined && { ttl }) }, options)
    await cache.ask('address', 'a.example.com')
    dns.asked()
    clock.advance(1000 * seconds - 1)
    expect(cache.ask('address', 'a.example.com')).toEqual({ records: ['192.0.2.1'] })
    clock.advance(1)
    expect(cache.ask('address', 'a.example.com')).toBeInstanceOf(Promise)
    expect(dns.asked()).toEqual(['address a.example.com'])
  })

  it('keeps nothing that is valid for no time', async () => {
    const { dns, cache } = setUp({ address: ADDRESS, ttl: 0 })
    expect(await cache.ask('address', 'a.example.com')).toEqual({ records: ['192.0.2.1'] })
    expect(await cache.ask('address', 'a.example.com')).toEqual({ records: ['192.0.2.1'] })
    expect(dns.asked()).toHaveLength(2)
  })

  it.each([
    [{}, 5000],
    [{ negativeTtl: 60 }, 60_000],
  ])('remembers failures with %j', async (options, duration) => {
    const { clock, cache, dns } = setUp({ address: { 'none.example.com': [] }, ttl: 3600 }, options)
    expect(await cache.ask('srv', 'a.example.com')).toMatchObject({ records: [], error: expect.any(Error) })
    expect(await cache.ask('address', 'none.example.com')).toEqual({ records: [] })
    clock.advance(duration - 1)
    expect(cache.ask('srv', 'a.example.com')).not.toBeInstanceOf(Promise)
    expect(cache.ask('address', 'none.example.com')).toEqual({ records: [] })
    dns.asked()
    clock.advance(1)
    cache.ask('srv', 'a.example.com')
    cache.ask('address', 'none.example.com')
    expect(dns.asked()).toHaveLength(2)
  })

  it('asks once for as many as want to know, each kind for itself', async () => {
    const { dns, cache } = setUp({ address: ADDRESS })
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => cache.ask('address', 'a.example.com')),
    )
    expect(new Set(answers).size).toBe(1)
    await cache.ask('naptr', 'a.example.com')
    expect(dns.asked()).toEqual(['address a.example.com', 'naptr a.example.com'])
  })

  it('keeps no more answers than it should, the latest', async () => {
    const { cache } = setUp({ address: ADDRESS }, { cacheSize: 2 })
    for (const host of ['a', 'b', 'a', 'c']) await cache.ask('address', `${host}.example.com`)
    expect(cache.size).toBe(2)
    expect(cache.ask('address', 'a.example.com')).toBeInstanceOf(Promise)
    expect(cache.ask('address', 'c.example.com')).not.toBeInstanceOf(Promise)
  })

  it('keeps no more of an answer than anybody has a use for', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
    const { cache } = setUp({ address: { 'a.example.com': many } })
    expect((await cache.ask('address', 'a.example.com')).records).toEqual(many.slice(0, 64))
  })

  it('is not confused by an answer that comes after it was given up', async () => {
    const clock = new VirtualClock()
    let answer = (_: { records: string[] }) => {}
    const lookup = () => new Promise<{ records: string[] }>((resolve) => (answer = resolve))
    const none = async () => ({ records: [] })
    const cache = new DnsCache({ lookup, srv: none, naptr: none }, clock, { timeout: 100 })
    const found = cache.ask('address', 'a.example.com')
    await clock.play(100)
    answer({ records: ['192.0.2.1'] })
    await clock.play(0)
    expect(await found).toMatchObject({ records: [], error: { code: 'SIP_TRANSPORT' } })
    expect(cache.ask('address', 'a.example.com')).toMatchObject({ records: [] })
    expect(clock.pending).toBe(0)
  })
})
