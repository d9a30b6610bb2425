import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { domainProblem, isAddress, sipDomains } from './certificate-domains.ts'
import { TestAuthority } from './certificates.fixture.ts'

const authority = new TestAuthority()

/** The domains of a real certificate, as Node reads it. */
function domainsOf(names: readonly string[], name = 'common.example.com'): readonly string[] {
  return sipDomains(new X509Certificate(authority.issue({ name, names }).cert).toLegacyObject())
}

describe('the SIP domains of a certificate (RFC 5922 §7.1)', () => {
  it.each([
    ['sip URIs', ['URI:sip:example.com', 'URI:sip:Example.ORG'], ['example.com', 'example.org']],
    ['a sip URI with a port and parameters', ['URI:sip:example.com:5061;transport=tls'], ['example.com']],
    [
      'sip URIs and no DNS names beside them',
      ['DNS:dns.example.com', 'URI:sip:example.com'],
      ['example.com'],
    ],
    [
      'DNS names without a sip URI',
      ['DNS:Example.com', 'DNS:b.example.com'],
      ['example.com', 'b.example.com'],
    ],
    ['not a URI of another scheme', ['URI:sips:a.com', 'URI:https://b.com', 'DNS:c.com'], ['c.com']],
    ['not a URI with a user', ['URI:sip:alice@a.com', 'DNS:c.com'], ['c.com']],
    ['not a URI that is none', ['URI:sip:', 'URI:sip', 'DNS:c.com'], ['c.com']],
    ['no wildcards', ['DNS:*.example.com', 'DNS:.example.com', 'DNS:a.com'], ['a.com']],
    ['no wildcards in URIs', ['URI:sip:*.example.com'], []],
    ['addresses', ['IP:192.0.2.1', 'IP:2001:db8::1'], ['192.0.2.1', '2001:db8::1']],
    ['addresses beside a URI', ['URI:sip:a.com', 'IP:192.0.2.1'], ['a.com', '192.0.2.1']],
    ['the common name if there is nothing else', [], ['common.example.com']],
    ['not the common name beside any alternative name', ['URI:https://b.com'], []],
    [
      'a name that pretends to be two',
      ['DNS:a.com, DNS:evil.com', 'DNS:b.com'],
      ['a.com, dns:evil.com', 'b.com'],
    ],
    ['a name with a quote in it', ['DNS:a"b', 'DNS:b.com'], ['a"b', 'b.com']],
  ])('%s', (_what, names, domains) => {
    expect(domainsOf(names)).toEqual(domains)
  })

  it('no wildcard in the common name either', () => {
    expect(domainsOf([], '*.example.com')).toEqual([])
    expect(sipDomains({})).toEqual([])
  })

  it('whatever stands in the text, nothing is thrown', () => {
    for (const subjectaltname of ['', 'DNS', 'DNS:', ', , ', 'DNS:"', 'DNS:"\\', 'DNS:"a"b, DNS:c', ':::'])
      expect(() => sipDomains({ subjectaltname })).not.toThrow()
  })
})

describe('whether a certificate proves a domain (RFC 5922 §7.2)', () => {
  const certificate = { subjectaltname: 'URI:sip:example.com, IP Address:2001:DB8:0:0:0:0:0:1' }

  it('by the whole name, without regard to case', () => {
    expect(domainProblem(certificate, 'EXAMPLE.com')).toBeUndefined()
    for (const other of ['a.example.com', 'example.com.evil.org', 'xample.com', 'com', ''])
      expect(domainProblem(certificate, other)).toBeInstanceOf(Error)
  })

  it('by an address, however it is written', () => {
    expect(domainProblem(certificate, '[2001:db8::1]')).toBeUndefined()
    expect(domainProblem(certificate, '2001:0db8::0001')).toBeUndefined()
    expect(domainProblem(certificate, '2001:db8::2')).toBeInstanceOf(Error)
  })

  it('says what it is for instead', () => {
    expect(domainProblem(certificate, 'example.net')?.message).toBe(
      'the certificate is for example.com, 2001:db8::1, not for example.net',
    )
    expect(domainProblem({}, 'example.net')?.message).toBe(
      'the certificate is for no SIP domain, not for example.net',
    )
  })
})

it('tells addresses from names', () => {
  expect(['192.0.2.1', '::1', 'example.com', '1.2.3'].map(isAddress)).toEqual([true, true, false, false])
})
