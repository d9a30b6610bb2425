import { isIP, isIPv6, SocketAddress } from 'node:net'
import type { PeerCertificate } from 'node:tls'
import { ParseError } from '../base/errors.ts'
import { parseUri } from '../message/index.ts'

/** The parts of a certificate in which a SIP domain may stand, as Node gives them. */
export type CertificateNames = Partial<Pick<PeerCertificate, 'subject' | 'subjectaltname'>>

/**
 * The SIP domains that a certificate is for, in lower case (RFC 5922 §7.1): the hosts of the `sip:` URIs among its
 * alternative names; only if there are none, the DNS names; only if it has no alternative names at all, the common
 * name. Besides, the addresses that are named as such. A name with a wildcard is none (RFC 5922 §7.2).
 */
export function sipDomains({ subject, subjectaltname }: CertificateNames): readonly string[] {
  if (subjectaltname === undefined) return [subject?.CN ?? []].flat().filter(isDomain).map(lower)
  const names = alternativeNames(subjectaltname)
  const uris = valuesOf(names, 'URI').flatMap(domainOfUri)
  const domains = uris.length > 0 ? uris : valuesOf(names, 'DNS').filter(isDomain)
  return [...domains, ...valuesOf(names, 'IP Address')].map(canonical)
}

/** Says what is wrong if a certificate does not prove that its owner is `domain`; undefined if all is well. */
export function domainProblem(certificate: CertificateNames, domain: string): Error | undefined {
  const domains = sipDomains(certificate)
  if (domains.includes(canonical(domain))) return undefined
  const named = domains.length === 0 ? 'no SIP domain' : domains.join(', ')
  return new Error(`the certificate is for ${named}, not for ${domain}`)
}

function valuesOf(names: readonly AlternativeName[], type: string): readonly string[] {
  return names.filter((name) => name.type === type).map(({ value }) => value)
}

interface AlternativeName {
  readonly type: string
  readonly value: string
}

// `DNS:example.com, URI:sip:example.com, DNS:"odd\u002c name"`: what is odd is written as a JSON string.
function alternativeNames(text: string): readonly AlternativeName[] {
  const names: AlternativeName[] = []
  for (let at = 0; at < text.length; ) {
    const colon = text.indexOf(':', at)
    if (colon < 0) break
    const start = colon + 1
    const end = text[start] === '"' ? quotedEnd(text, start) : unquotedEnd(text, start)
    names.push({ type: text.slice(at, colon), value: unquote(text.slice(start, end)) })
    at = end + 2
  }
  return names
}

function unquotedEnd(text: string, from: number): number {
  const end = text.indexOf(', ', from)
  return end < 0 ? text.length : end
}

function quotedEnd(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text
  try {
    return String(JSON.parse(text))
  } catch {
    return ''
  }
}

// RFC 5922 §7.1: the scheme must be sip, and there must be no user.
function domainOfUri(text: string): readonly string[] {
  try {
    const uri = parseUri(text)
    if (uri.type !== 'sip' || uri.scheme !== 'sip' || uri.user !== undefined) return []
    return isDomain(uri.host) ? [uri.host] : []
  } catch (error) {
    if (error instanceof ParseError) return []
    throw error
  }
}

function isDomain(name: string): boolean {
  return name !== '' && !name.includes('*') && !name.startsWith('.')
}

// An IPv6 address can be written in many ways.
function canonical(name: string): string {
  const bare = name.startsWith('[') ? name.slice(1, -1) : name
  return isIPv6(bare) ? new SocketAddress({ address: bare, family: 'ipv6' }).address : lower(bare)
}

function lower(name: string): string {
  return name.toLowerCase()
}

/** Whether a domain is an address and no name. */
export function isAddress(domain: string): boolean {
  return isIP(domain) !== 0
}
