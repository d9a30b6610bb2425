import { bytesToWire, wireToText } from '../message/index.ts'
import { printable } from './ladder-printable.ts'

/** What sort of message a row shows; decides its colour. */
export type MessageKind = 'request' | 'provisional' | 'success' | 'failure' | 'garbage'

/** A piece of what tells a message from others like it. */
export interface Detail {
  readonly text: string
  /** The same for where room is short; may be empty. */
  readonly short?: string
}

/** A message in one line. All of it is printable. */
export interface Summary {
  readonly kind: MessageKind
  /** The method, or status and reason. */
  readonly title: string
  /** The most telling one first. */
  readonly details: readonly Detail[]
}

/** Longer heads and texts are not looked at: a line on a ladder shows little of them. */
const LOOKED_AT = 16_384
const SHOWN = 160

/**
 * Says in one line what a message is. Reads with more patience than the parser, which refuses just the messages
 * that one wants to see when something went wrong; bytes that are no SIP at all get a line too.
 */
export function summarize(bytes: Uint8Array): Summary {
  const message = new LooseMessage(bytes)
  const words = message.start.trim().split(' ')
  const [first = '', second = ''] = words
  if (isVersion(first) && /^\d{3}$/.test(second)) return ofResponse(message, Number(second), words)
  if (words.length >= 3 && isVersion(words.at(-1) ?? '')) return ofRequest(message, shown(first))
  const text = shown(message.start)
  return {
    kind: 'garbage',
    title: 'not SIP',
    details: [{ text: `${bytes.length} bytes` }, ...(text === '' ? [] : [{ text: `"${text}"` }])],
  }
}

function ofResponse(message: LooseMessage, status: number, words: readonly string[]): Summary {
  const kind = status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure'
  const details: Detail[] = []
  // What a bare "200 OK" answers; an INVITE's responses speak for themselves.
  const method = /^\s*\d+\s+(\S+)/.exec(message.header('cseq') ?? '')?.[1]
  if (method !== undefined && method !== 'INVITE') details.push({ text: `(${shown(method)})`, short: '' })
  if (status >= 300 && status < 400) add(details, 'Contact: ', uriOf(message.header('contact', 'm')))
  addSdp(details, message)
  return { kind, title: shown(words.slice(1).join(' ')), details }
}

function ofRequest(message: LooseMessage, method: string): Summary {
  const details: Detail[] = []
  let title = method
  switch (method) {
    case 'INVITE':
      if (hasTag(message.header('to', 't'))) title = 're-INVITE'
      if (message.header('replaces') !== undefined) details.push({ text: 'Replaces' })
      addReferrer(details, uriOf(message.header('referred-by', 'b')))
      break
    case 'REFER': {
      const target = message.header('refer-to', 'r')
      add(details, 'Refer-To: ', uriOf(target))
      if (target !== undefined && /[?&]replaces=/i.test(target)) details.push({ text: 'Replaces' })
      break
    }
    case 'NOTIFY':
      addSubscriptionState(details, message.header('subscription-state'))
      if (/^message\/sipfrag/i.test(message.header('content-type', 'c') ?? '')) {
        addFragment(details, firstLine(message.body))
      } else {
        add(details, '', message.header('event', 'o'))
      }
      break
    case 'SUBSCRIBE':
    case 'PUBLISH':
      add(details, '', message.header('event', 'o'))
      addExpires(details, message.header('expires'))
      break
    case 'REGISTER':
      add(details, '', uriOf(message.header('to', 't')))
      addExpires(details, message.header('expires'))
      break
    case 'MESSAGE':
      add(details, '', firstLine(message.body))
      break
    case 'INFO':
      add(details, '', message.header('content-type', 'c'))
      break
    case 'BYE':
    case 'CANCEL':
      add(details, 'Reason: ', message.header('reason'))
      break
  }
  if (message.header('authorization') !== undefined || message.header('proxy-authorization') !== undefined) {
    details.push({ text: 'with credentials' })
  }
  addSdp(details, message)
  return { kind: 'request', title, details }
}

function isVersion(word: string): boolean {
  return /^SIP\/\d/i.test(word)
}

function add(details: Detail[], prefix: string, value: string | undefined): void {
  if (value === undefined || value.trim() === '') return
  const short = shown(value)
  details.push(prefix === '' ? { text: short } : { text: prefix + short, short })
}

// A bare URI would be taken for the one that is called.
function addReferrer(details: Detail[], uri: string | undefined): void {
  if (uri !== undefined) details.push({ text: `Referred-By: ${shown(uri)}`, short: 'referred' })
}

function addExpires(details: Detail[], value: string | undefined): void {
  if (value !== undefined) details.push({ text: `Expires: ${shown(value)}` })
}

// A session description, and whether it holds the call (RFC 3264 §8.4).
function addSdp(details: Detail[], message: LooseMessage): void {
  if (!/^application\/sdp/i.test(message.header('content-type', 'c') ?? '')) return
  const direction = /^a=(sendonly|recvonly|inactive)/m.exec(message.body)?.[1]
  details.push({ text: direction === undefined ? 'SDP' : `SDP ${direction}` })
}

function addSubscriptionState(details: Detail[], value: string | undefined): void {
  if (value === undefined) return
  const state = shown(value.split(';', 1)[0] ?? '')
  const reason = /;\s*reason\s*=\s*([^;\s]+)/i.exec(value)?.[1]
  details.push(reason === undefined ? { text: state } : { text: `${state} (${shown(reason)})`, short: state })
}

// RFC 3420: what became of the request that a REFER asked for.
function addFragment(details: Detail[], line: string): void {
  const version = /^SIP\/2\.0 /i.exec(line)?.[0] ?? ''
  add(details, version, line.slice(version.length))
}

// The URI of a name-addr or a bare one, without the headers that a Refer-To may bring along.
function uriOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const open = value.indexOf('<')
  const close = value.indexOf('>', open)
  const uri = open >= 0 && close > open ? value.slice(open + 1, close) : (value.split(';', 1)[0] ?? '')
  return (uri.split('?', 1)[0] ?? '').trim()
}

function hasTag(value: string | undefined): boolean {
  return value !== undefined && /;\s*tag\s*=/i.test(value.slice(value.lastIndexOf('>') + 1))
}

function firstLine(body: string): string {
  return body.trimStart().split(/[\r\n]/, 1)[0] ?? ''
}

function shown(wire: string): string {
  const text = printable(wireToText(wire.trim()))
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`
}

/** Start line, headers and body of whatever came, as wire strings. */
class LooseMessage {
  readonly start: string
  readonly body: string
  readonly #lines: readonly string[]

  constructor(bytes: Uint8Array) {
    const wire = bytesToWire(bytes, 0, Math.min(bytes.length, LOOKED_AT))
    const end = /\r?\n\r?\n/.exec(wire)
    const head = end === null ? wire : wire.slice(0, end.index)
    this.body = end === null ? '' : wire.slice(end.index + end[0].length)
    const lines: string[] = []
    for (const line of head.split('\n')) {
      const folded = line.startsWith(' ') || line.startsWith('\t')
      if (folded && lines.length > 1) lines.push(`${lines.pop()} ${line.trim()}`)
      else lines.push(line.endsWith('\r') ? line.slice(0, -1) : line)
    }
    this.start = lines[0] ?? ''
    this.#lines = lines.slice(1)
  }

  /** The first value of a header, by its name in lower case or its compact form. */
  header(name: string, compact?: string): string | undefined {
    for (const line of this.#lines) {
      const colon = line.indexOf(':')
      const written = line.slice(0, Math.max(0, colon)).trim().toLowerCase()
      if (written === name || (written !== '' && written === compact)) return line.slice(colon + 1).trim()
    }
    return undefined
  }
}
