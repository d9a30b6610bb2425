import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TransportError } from '../base/errors.ts'
import { parseUri, type SipUri } from '../message/index.ts'
import { SeededRandom, TableDns, VirtualClock, type Zone } from '../testing/index.ts'
import { Resolver, type ResolverOptions } from './resolver.ts'
import type { Target } from './target.ts'
import { formatAddress, type Transport, type TransportProtocol } from './transport.ts'

const uri = (text: string) => parseUri(text) as SipUri

const transport = (protocol: TransportProtocol, host = '192.0.2.99') =>
  ({ protocol, local: { host, port: 5060 } }) as Transport

function setUp(
  zone: Zone = {},
  transports: readonly Transport[] = [transport('UDP'), transport('TCP'), transport('TLS')],
  options: ResolverOptions = {},
) {
  const clock = new VirtualClock()
  const dns = new TableDns(zone)
  const resolver = new Resolver({ dns, clock, random: new SeededRandom(1), transports, options })
  const find = async (text: string) => short(await resolver.resolve(uri(text)))
  return { clock, dns, resolver, find }
}

/** `'UDP 192.0.2.1:5060'`; the domain is looked at where it matters. */
const short = (targets: readonly Target[]) =>
  targets.map(({ protocol, address }) => `${protocol} ${formatAddress(address)}`)

const HOST = { 'example.com': ['192.0.2.7'] }
const SERVERS = {
  'a.example.com': ['192.0.2.1'],
  'b.example.com': ['192.0.2.2'],
  'c.example.com': ['192.0.2.3'],
}

describe('Resolver: what needs no asking', () => {
  it.each([
    ['sip:a@192.0.2.1', 'UDP 192.0.2.1:5060'],
    ['sip:a@192.0.2.1:5070', 'UDP 192.0.2.1:5070'],
    ['sip:a@192.0.2.1;transport=TCP', 'TCP 192.0.2.1:5060'],
    ['sip:a@192.0.2.1;transport=tls', 'TLS 192.0.2.1:5061'],
    ['sip:a@192.0.2.1;transport=ws', 'WS 192.0.2.1:80'],
    ['sips:a@192.0.2.1', 'TLS 192.0.2.1:5061'],
    ['sips:a@192.0.2.1:5060;transport=tcp', 'TLS 192.0.2.1:5060'],
    ['sips:a@192.0.2.1;transport=ws', 'WSS 192.0.2.1:443'],
    ['sip:a@[2001:db8::1]', 'UDP [2001:db8::1]:5060'],
    ['sip:a@example.com;maddr=192.0.2.9', 'UDP 192.0.2.9:5060'],
    ['sip:a@example.com:5080;maddr=[2001:db8::9]', 'UDP [2001:db8::9]:5080'],
  ])('%s is answered at once', (text, target) => {
    const { resolver, dns } = setUp()
    expect(short(resolver.resolve(uri(text)) as readonly Target[])).toEqual([target])
    expect(dns.asked()).toEqual([])
  })

  it.each([
    'sip:a@192.0.2.1;transport=sctp',
    'sip:a@192.0.2.1;transport=constructor',
    'sip:a@192.0.2.1;transport=__proto__',
    'sips:a@192.0.2.1;transport=udp',
  ])('%s is refused at once', (text) => {
    expect(() => setUp().resolver.resolve(uri(text))).toThrow(TransportError)
  })

  it('takes what this end speaks where the URI does not say', () => {
    const only = (protocol: TransportProtocol, text: string) =>
      short(setUp({}, [transport(protocol)]).resolver.resolve(uri(text)) as readonly Target[])
    expect(only('TCP', 'sip:192.0.2.1')).toEqual(['TCP 192.0.2.1:5060'])
    expect(only('WSS', 'sip:192.0.2.1')).toEqual(['WSS 192.0.2.1:443'])
    expect(only('WSS', 'sips:192.0.2.1')).toEqual(['WSS 192.0.2.1:443'])
    expect(only('UDP', 'sips:192.0.2.1')).toEqual(['TLS 192.0.2.1:5061'])
    expect(only('UDP', 'sip:192.0.2.1;transport=tcp')).toEqual(['TCP 192.0.2.1:5060'])
  })

  it('knows hosts that the application has named, and asks nobody for them', async () => {
    const { resolver, dns } = setUp({}, undefined, {
      hosts: { 'PBX.example.com': ['192.0.2.1', '2001:db8::1'], 'none.example.com': [] },
    })
    expect(short(resolver.resolve(uri('sip:pbx.Example.com')) as readonly Target[])).toEqual([
      'UDP 192.0.2.1:5060',
      'UDP [2001:db8::1]:5060',
    ])
    expect(() => resolver.resolve(uri('sip:none.example.com'))).toThrow('none.example.com has no address')
    expect(dns.asked()).toEqual([])
  })
})

describe('Resolver: what is asked (RFC 3263 §4)', () => {
  it('addresses alone where a port is given', async () => {
    const { find, dns } = setUp({ address: HOST })
    expect(await find('sip:example.com:5070')).toEqual(['UDP 192.0.2.7:5070'])
    expect(await find('sips:example.com:5070')).toEqual(['TLS 192.0.2.7:5070'])
    expect(dns.asked()).toEqual(['address example.com'])
  })

  it('the transport’s SRV records where it is given, then addresses', async () => {
    const { find, dns } = setUp({
      address: { ...HOST, ...SERVERS },
      srv: { '_sip._tcp.example.com': ['10 0 5080 a.example.com'] },
    })
    expect(await find('sip:example.com;transport=tcp')).toEqual(['TCP 192.0.2.1:5080'])
    expect(dns.asked()).toEqual(['srv _sip._tcp.example.com', 'address a.example.com'])
    expect(await find('sip:example.com;transport=tls')).toEqual(['TLS 192.0.2.7:5061'])
    expect(dns.asked()).toEqual(['srv _sips._tcp.example.com', 'address example.com'])
  })

  it('NAPTR records where nothing is given, and what they lead to', async () => {
    const { find, dns } = setUp({
      naptr: {
        'example.com': [
          '10 50 s SIP+D2T _sip._tcp.example.com',
          '10 40 S sip+d2u _sip._udp.other.example.com.',
          '20 10 s SIPS+D2T _sips._tcp.example.com',
        ],
      },
      srv: {
        '_sip._udp.other.example.com': ['1 0 5060 a.example.com'],
        '_sip._tcp.example.com': ['1 0 5060 B.example.com.'],
      },
      address: SERVERS,
    })
    expect(await find('sip:Example.COM')).toEqual(['UDP 192.0.2.1:5060', 'TCP 192.0.2.2:5060'])
    expect(dns.asked()).toEqual([
      'naptr example.com',
      'srv _sip._udp.other.example.com',
      'srv _sip._tcp.example.com',
      'address a.example.com',
      'address b.example.com',
    ])
  })

  it('only what this end speaks, and for sips only what is secure', async () => {
    const naptr = {
      'example.com': [
        '5 0 s SIP+D2W _sip._ws.example.com',
        '7 0 s SIP+D2S _sip._sctp.example.com',
        '10 0 s SIP+D2U _sip._udp.example.com',
        '20 0 s SIPS+D2T _sips._tcp.example.com',
      ],
    }
    const srv = {
      '_sips._tcp.example.com': ['0 0 5061 a.example.com'],
      '_sip._udp.example.com': ['0 0 5060 b.example.com'],
    }
    const udp = setUp({ naptr, srv, address: SERVERS })
    expect(await udp.find('sip:example.com')).toEqual(['UDP 192.0.2.2:5060'])
    expect(udp.dns.asked()).not.toContain('srv _sip._ws.example.com')
    expect(await udp.find('sips:example.com')).toEqual(['TLS 192.0.2.1:5061'])
    const tls = setUp({ naptr, srv, address: SERVERS }, [transport('TLS')])
    expect(await tls.find('sip:example.com')).toEqual(['TLS 192.0.2.1:5061'])
  })

  it('leads to WebSockets by NAPTR', async () => {
    const zone = {
      naptr: { 'example.com': ['10 0 s SIPS+D2W _sips._ws.example.com'] },
      srv: { '_sips._ws.example.com': ['0 0 8443 a.example.com'] },
      address: { ...HOST, ...SERVERS },
    }
    expect(await setUp(zone, [transport('WSS')]).find('sip:example.com')).toEqual(['WSS 192.0.2.1:8443'])
    const { find, dns } = setUp({ address: HOST }, [transport('WSS')])
    expect(await find('sip:example.com')).toEqual(['WSS 192.0.2.7:443'])
    expect(dns.asked()).toEqual(['naptr example.com', 'address example.com'])
  })

  it('reads over NAPTR records that are not for SIP', async () => {
    const { find } = setUp({
      naptr: {
        'example.com': [
          '1 0 u E2U+sip example.com',
          '2 0 a SIP+D2U a.example.com',
          '3 0  SIP+D2U example.com',
          '4 0 s SIP+D2U .',
        ],
      },
      address: { ...HOST, ...SERVERS },
    })
    expect(await find('sip:example.com')).toEqual(['UDP 192.0.2.7:5060'])
  })

  it('SRV records of every transport where there is no NAPTR', async () => {
    const { find, dns } = setUp({
      srv: { '_sip._tcp.example.com': ['0 0 5060 a.example.com'] },
      address: { ...HOST, ...SERVERS },
    })
    expect(await find('sip:example.com')).toEqual(['TCP 192.0.2.1:5060'])
    expect(dns.asked()).toEqual([
      'naptr example.com',
      'srv _sip._udp.example.com',
      'srv _sip._tcp.example.com',
      'srv _sips._tcp.example.com',
      'address a.example.com',
    ])
    expect(await find('sips:example.com')).toEqual(['TLS 192.0.2.7:5061'])
    expect(dns.asked()).toEqual(['address example.com'])
    expect((await setUp({ address: HOST }, [transport('UDP')]).find('sip:example.com'))[0]).toBe(
      'UDP 192.0.2.7:5060',
    )
  })

  it('the host itself where there are no SRV records either', async () => {
    expect(await setUp({ address: HOST }).find('sip:example.com')).toEqual(['UDP 192.0.2.7:5060'])
    expect(await setUp({ address: HOST }).find('sips:example.com')).toEqual(['TLS 192.0.2.7:5061'])
    const naptr = { 'example.com': ['10 0 s SIP+D2T _sip._tcp.example.com'] }
    expect(await setUp({ address: HOST, naptr }).find('sip:example.com')).toEqual(['TCP 192.0.2.7:5060'])
  })

  it('nothing that the domain says it does not offer (RFC 2782)', async () => {
    const refused = { '_sip._udp.example.com': ['0 0 0 .'] }
    expect(await setUp({ address: HOST, srv: refused }).find('sip:example.com')).toEqual([
      'TCP 192.0.2.7:5060',
    ])
    await expect(
      setUp({ address: HOST, srv: refused }).find('sip:example.com;transport=udp'),
    ).rejects.toThrow(new TransportError('example.com does not offer SIP over UDP'))
  })

  it('maddr in place of the host, which stays what is asked for', async () => {
    const { resolver } = setUp({ address: SERVERS })
    expect(await resolver.resolve(uri('sips:Example.com:5070;maddr=a.example.com'))).toEqual([
      { protocol: 'TLS', address: { host: '192.0.2.1', port: 5070 }, domain: 'example.com' },
    ])
    expect(resolver.resolve(uri('sip:[2001:DB8::1]'))).toMatchObject([{ domain: '2001:db8::1' }])
  })

  it('what is asked for stays the domain, wherever SRV records lead', async () => {
    const { resolver } = setUp({
      srv: { '_sips._tcp.example.com': ['0 0 5061 a.example.com'] },
      address: SERVERS,
    })
    expect(await resolver.resolve(uri('sips:example.com'))).toMatchObject([{ domain: 'example.com' }])
  })

  it('addresses of the families that this end has, the others only for want of them', async () => {
    const both = { 'example.com': ['2001:db8::7', '192.0.2.7'], 'six.example.com': ['2001:db8::6'] }
    const dual = [transport('UDP'), transport('UDP', '2001:db8::99')]
    expect(await setUp({ address: both }, dual).find('sip:example.com')).toEqual([
      'UDP [2001:db8::7]:5060',
      'UDP 192.0.2.7:5060',
    ])
    const four = setUp({ address: both }, [transport('UDP')])
    expect(await four.find('sip:example.com')).toEqual(['UDP 192.0.2.7:5060'])
    expect(await four.find('sip:six.example.com')).toEqual(['UDP [2001:db8::6]:5060'])
  })

  it('tries all addresses of a server before the next server', async () => {
    const { find } = setUp({
      srv: {
        '_sip._udp.example.com': ['2 0 5060 b.example.com', '1 0 5070 a.example.com', '3 0 5060 192.0.2.8'],
      },
      address: { 'a.example.com': ['192.0.2.1', '192.0.2.11'], 'b.example.com': ['192.0.2.2'] },
    })
    expect(await find('sip:example.com;transport=udp')).toEqual([
      'UDP 192.0.2.1:5070',
      'UDP 192.0.2.11:5070',
      'UDP 192.0.2.2:5060',
      'UDP 192.0.2.8:5060',
    ])
  })

  it('goes on without a server that has no address', async () => {
    const srv = { '_sip._udp.example.com': ['1 0 5060 gone.example.com', '2 0 5060 a.example.com'] }
    expect(await setUp({ srv, address: SERVERS }).find('sip:example.com;transport=udp')).toEqual([
      'UDP 192.0.2.1:5060',
    ])
  })

  it('says which name has no address, and why', async () => {
    const { find } = setUp({ address: { 'empty.example.com': [] } })
    await expect(find('sip:a@empty.example.com')).rejects.toThrow(
      new TransportError('empty.example.com has no address'),
    )
    await expect(find('sip:a@nowhere.example.com')).rejects.toMatchObject({
      code: 'SIP_TRANSPORT',
      message: 'the address of nowhere.example.com could not be looked up',
      cause: { message: 'no address records for nowhere.example.com' },
    })
  })
})

describe('Resolver: weights (RFC 2782)', () => {
  it('spread the requests, drawn anew each time from what is kept', async () => {
    const { resolver, find, dns } = setUp({
      srv: {
        '_sip._udp.example.com': [
          '1 60 5060 a.example.com',
          '1 30 5060 b.example.com',
          '1 10 5060 c.example.com',
        ],
      },
      address: SERVERS,
    })
    await find('sip:example.com;transport=udp')
    dns.asked()
    const first = new Map<string, number>()
    const second = new Map<string, number>()
    for (let i = 0; i < 10_000; i++) {
      const [one = '', two = ''] = short(
        resolver.resolve(uri('sip:example.com;transport=udp')) as readonly Target[],
      )
      first.set(one, (first.get(one) ?? 0) + 1)
      if (one === 'UDP 192.0.2.1:5060') second.set(two, (second.get(two) ?? 0) + 1)
    }
    expect(dns.asked()).toEqual([])
    const share = (counts: Map<string, number>, host: string) => {
      const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
      return (counts.get(`UDP ${host}:5060`) ?? 0) / all
    }
    expect(share(first, '192.0.2.1')).toBeCloseTo(0.6, 1)
    expect(share(first, '192.0.2.2')).toBeCloseTo(0.3, 1)
    expect(share(first, '192.0.2.3')).toBeCloseTo(0.1, 1)
    expect(share(second, '192.0.2.2')).toBeCloseTo(0.75, 1)
  })
})

describe('Resolver: what is kept', () => {
  it('answers at once for as long as the answer is valid', async () => {
    const { resolver, find, dns, clock } = setUp({ address: HOST, ttl: 30 })
    await find('sip:example.com:5060')
    expect(resolver.resolve(uri('sip:example.com:5060'))).not.toBeInstanceOf(Promise)
    clock.advance(29_999)
    expect(resolver.resolve(uri('sip:example.com:5060'))).not.toBeInstanceOf(Promise)
    expect(dns.asked()).toEqual(['address example.com'])
    dns.zone = { address: { 'example.com': ['192.0.2.8'] }, ttl: 30 }
    clock.advance(1)
    expect(await find('sip:example.com:5060')).toEqual(['UDP 192.0.2.8:5060'])
    expect(dns.asked()).toEqual(['address example.com'])
  })

  it('remembers for a short time that there is nothing', async () => {
    const { resolver, find, dns, clock } = setUp({})
    await expect(find('sip:example.com:5060')).rejects.toThrow(TransportError)
    expect(() => resolver.resolve(uri('sip:example.com:5060'))).toThrow('could not be looked up')
    dns.zone = { address: HOST }
    clock.advance(4_999)
    expect(() => resolver.resolve(uri('sip:example.com:5060'))).toThrow('could not be looked up')
    clock.advance(1)
    expect(await find('sip:example.com:5060')).toEqual(['UDP 192.0.2.7:5060'])
  })

  it('asks once for all who want to know the same', async () => {
    const { find, dns } = setUp({ address: HOST })
    const [one, two] = await Promise.all([find('sip:a@example.com'), find('sip:b@example.com')])
    expect(one).toEqual(two)
    expect(dns.asked()).toHaveLength(5)
    expect(new Set(dns.asked()).size).toBe(0)
  })
})

describe('Resolver: what should be left alone', () => {
  const srv = { '_sip._udp.example.com': ['1 0 5060 a.example.com', '2 0 5060 b.example.com'] }

  it('is tried last, until its time is over', async () => {
    const { resolver, find, clock } = setUp({ srv, address: SERVERS })
    const [first] = (await resolver.resolve(uri('sip:example.com;transport=udp'))) as [Target]
    resolver.avoid(first, 20_000)
    resolver.avoid(first, 10_000)
    clock.advance(19_999)
    expect(await find('sip:example.com;transport=udp')).toEqual(['UDP 192.0.2.2:5060', 'UDP 192.0.2.1:5060'])
    expect(await find('sip:192.0.2.1')).toEqual(['UDP 192.0.2.1:5060'])
    clock.advance(1)
    expect(await find('sip:example.com;transport=udp')).toEqual(['UDP 192.0.2.1:5060', 'UDP 192.0.2.2:5060'])
  })

  it('is not left alone for centuries', async () => {
    const { resolver, find, clock } = setUp({ srv, address: SERVERS })
    const [first] = (await resolver.resolve(uri('sip:example.com;transport=udp'))) as [Target]
    resolver.avoid(first, 2 ** 32 * 1000)
    clock.advance(3_600_000)
    expect((await find('sip:example.com;transport=udp'))[0]).toBe('UDP 192.0.2.1:5060')
  })
})

describe('Resolver: a hostile or broken name service', () => {
  it('may list what it likes: neither questions nor targets grow with it', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => index)
    let asked = 0
    const answer =
      <T>(record: (index: number) => T) =>
      async () => {
        asked++
        return { records: many.map(record) }
      }
    const resolver = new Resolver({
      dns: {
        naptr: answer((i) => ({
          order: 1,
          preference: i,
          flags: 's',
          service: 'SIP+D2U',
          replacement: `s${i}.example.com`,
        })),
        srv: answer((i) => ({ priority: i, weight: i, port: 5060, target: `h${i}.example.com` })),
        lookup: answer((i) => `10.0.${i >> 8}.${i & 255}`),
      },
      clock: new VirtualClock(),
      random: new SeededRandom(1),
      transports: [transport('UDP')],
    })
    expect(await resolver.resolve(uri('sip:example.com'))).toHaveLength(16)
    expect(asked).toBeLessThan(20)
  })

  it('may point in circles', async () => {
    const { find } = setUp({
      naptr: { 'example.com': ['1 0 s SIP+D2U example.com', '1 0 s SIP+D2U _sip._udp.example.com'] },
      srv: {
        'example.com': ['1 0 5060 example.com'],
        '_sip._udp.example.com': ['1 0 5060 _sip._udp.example.com'],
      },
    })
    await expect(find('sip:example.com')).rejects.toThrow(TransportError)
  })

  it('may keep silent: each question is given up', async () => {
    const clock = new VirtualClock()
    const silent = () => new Promise<never>(() => {})
    const resolver = new Resolver({
      dns: { lookup: silent, srv: silent, naptr: silent },
      clock,
      random: new SeededRandom(1),
      transports: [transport('UDP')],
      options: { timeout: 1000 },
    })
    const found = Promise.resolve(resolver.resolve(uri('sip:example.com'))).catch((error: unknown) => error)
    await clock.play(3000)
    expect(await found).toMatchObject({
      code: 'SIP_TRANSPORT',
      cause: { message: 'the name service did not answer within 1000 ms' },
    })
    expect(clock.pending).toBe(0)
  })

  it('may throw where it should reject', async () => {
    const clock = new VirtualClock()
    const broken = () => {
      throw new Error('broken')
    }
    const resolver = new Resolver({
      dns: { lookup: broken, srv: broken, naptr: broken },
      clock,
      random: new SeededRandom(1),
      transports: [transport('UDP')],
    })
    await expect(resolver.resolve(uri('sip:example.com'))).rejects.toMatchObject({
      cause: { message: 'broken' },
    })
    expect(clock.pending).toBe(0)
  })

  it('is not asked for what is no name', async () => {
    const { find, dns } = setUp()
    await expect(find(`sip:${'a'.repeat(64)}.example.com:5060`)).rejects.toThrow(TransportError)
    await expect(find(`sip:${'a.'.repeat(150)}com:5060`)).rejects.toThrow(TransportError)
    expect(dns.asked()).toEqual([])
  })

  it('never makes it throw anything else, nor return nothing', async () => {
    const label = fc.constantFrom(
      '',
      '.',
      'example.com',
      'a.example.com',
      '192.0.2.1',
      '::1',
      '_sip._udp.example.com',
    )
    const number = fc.constantFrom(0, 1, 10, 65535, -1, Number.NaN)
    const naptr = fc.record({
      order: number,
      preference: number,
      flags: fc.constantFrom('s', 'S', 'a', ''),
      service: fc.constantFrom('SIP+D2U', 'sips+d2t', 'SIP+D2T', 'nonsense'),
      replacement: label,
    })
    const srv = fc.record({ priority: number, weight: number, port: number, target: label })
    const answers = fc.tuple(fc.array(naptr), fc.array(srv), fc.array(label))
    await fc.assert(
      fc.asyncProperty(answers, async ([naptrs, srvs, hosts]) => {
        const resolver = new Resolver({
          dns: {
            naptr: async () => ({ records: naptrs }),
            srv: async () => ({ records: srvs }),
            lookup: async () => ({ records: hosts }),
          },
          clock: new VirtualClock(),
          random: new SeededRandom(1),
          transports: [transport('UDP'), transport('TLS')],
        })
        try {
          expect((await resolver.resolve(uri('sip:example.com'))).length).toBeGreaterThan(0)
        } catch (error) {
          expect(error).toBeInstanceOf(TransportError)
        }
      }),
    )
  })
})
