/**
 * A registrar and stateful proxy for one domain: phones register here and can then be called by their address.
 *
 *   npx pnpm tsx examples/2-stateful-proxy.ts [host] [port]
 *
 * Then register two phones at that address as any user and call one from the other. Everybody may register as anybody:
 * a server for more than trying out asks for credentials first.
 */
import { argv } from 'node:process'
import { fileURLToPath } from 'node:url'
import {
  type CandidateInit,
  Contact,
  Endpoint,
  Expires,
  type NameAddr,
  Path,
  ProxyCore,
  type ProxySession,
  type ResponseInit,
  type Uri,
} from 'sip-core'
import { nodePlatform, udp } from 'sip-core/node'

interface Binding {
  readonly contact: NameAddr
  /** The proxies that lie before the phone (RFC 3327). */
  readonly path: readonly NameAddr[]
  /** On the endpoint's clock, in milliseconds. */
  readonly until: number
  readonly callId: string
  readonly seq: number
}

/** What a registrar says to a REGISTER. */
interface Answer extends ResponseInit {
  readonly status: number
}

const LONGEST = 3600
const SHORTEST = 60

/** Who is where, in memory: a location service (RFC 3261 §10). */
export class Locations {
  readonly #bindings = new Map<string, Binding[]>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** The places where `address` can be reached at present. */
  find(address: Uri): readonly CandidateInit[] {
    return this.#of(address).map(({ contact, path }) => {
      return { uri: contact.uri, route: path, q: Number(contact.params.get('q') ?? 1) }
    })
  }

  /** Takes a REGISTER (RFC 3261 §10.3): all of it, or nothing of it. */
  register({ request: { to, headers, callId, cseq } }: ProxySession): Answer {
    const wanted = headers.get(Expires) ?? LONGEST
    const contacts = headers.getAll(Contact)
    const before = this.#of(to.uri)
    let after = before
    for (const contact of contacts) {
      const seconds = contact === '*' ? wanted : Number(contact.params.get('expires') ?? wanted)
      const isSame = (binding: Binding) => contact === '*' || binding.contact.uri.equals(contact.uri)
      if (contact === '*' && (wanted !== 0 || contacts.length > 1)) return { status: 400 }
      if (before.some((old) => isSame(old) && old.callId === callId && old.seq >= cseq.seq)) {
        return { status: 500, reason: 'CSeq Out Of Order' }
      }
      if (seconds > 0 && seconds < SHORTEST) {
        return { status: 423, headers: { 'Min-Expires': String(SHORTEST) } }
      }
      after = after.filter((binding) => !isSame(binding))
      if (contact === '*' || !(seconds > 0)) continue
      const until = this.#now() + Math.min(seconds, LONGEST) * 1000
      after = [...after, { contact, path: headers.getAll(Path), until, callId, seq: cseq.seq }]
    }
    this.#bindings.set(nameOf(to.uri), after)
    const current = after.map(({ contact, until }) => {
      return `${contact.withParam('expires', String(Math.ceil((until - this.#now()) / 1000)))}`
    })
    return { status: 200, headers: { Contact: current } }
  }

  #of(address: Uri): Binding[] {
    return (this.#bindings.get(nameOf(address)) ?? []).filter(({ until }) => until > this.#now())
  }
}

// There is one domain, so that the user says it all.
function nameOf(uri: Uri): string {
  return uri.type === 'sip' ? (uri.user ?? '') : `${uri}`
}

/** Makes an endpoint the registrar and proxy of a domain. */
export function serve(endpoint: Endpoint, domain: string): ProxyCore {
  const locations = new Locations(() => endpoint.clock.now())
  const proxy = new ProxyCore(endpoint, { domains: [domain], recordRoute: true })
  proxy.on('request', (session) => {
    const { request, isForHere, routing } = session
    const isInDialog = routing.routed && request.to.tag !== undefined
    if (isForHere && request.method === 'REGISTER') {
      const { status, ...init } = locations.register(session)
      session.respond(status, init)
    } else if (isForHere) {
      session.forward(locations.find(session.uri)) // 480 if there is nobody
    } else if (isInDialog || locations.find(request.from.uri).length > 0) {
      session.forward() // to the other end, or from one of ours to somebody elsewhere
    } else {
      session.respond(403)
    }
  })
  return proxy
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [host = '127.0.0.1', port = '5060'] = argv.slice(2)
  const endpoint = await Endpoint.start(nodePlatform(), [udp({ host, port: Number(port) })])
  serve(endpoint, host).on('request', ({ request }) => {
    console.log(request.method, `${request.from.uri}`, '->', `${request.uri}`)
  })
  console.log(`Register your phones at ${host}:${port}. Ctrl-C ends it.`)
}
