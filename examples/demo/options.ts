import { parseArgs } from 'node:util'
import { parseUri } from 'sip-core'

/** What the demo was asked to do. */
export interface DemoOptions {
  readonly busy: boolean
  readonly trace: boolean
  readonly svg: string | undefined
  readonly host: string
  readonly bob: string | undefined
  readonly carol: string | undefined
}

const HELP = `npx pnpm demo [options]

Alice calls Bob and transfers him to Carol: three user agents on three UDP sockets.

  --busy        Carol answers 486; Alice then still has Bob
  --trace       every message whole, instead of the ladder
  --svg FILE    writes the ladder as a picture
  --bob URI     Bob is a real phone at this URI, for example sip:bob@192.0.2.20
  --carol URI   Carol is a real phone at this URI
  --host IP     the address of this machine that the phones can reach (default 127.0.0.1)
  --help        shows this

Exits with 0 when all came as planned and nothing is left, 1 when not, 2 when it could not begin.
`

/** Reads the command line; says what is wrong with it, or what there is, and exits. */
export function readOptions(args: readonly string[]): DemoOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        busy: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
        svg: { type: 'string' },
        bob: { type: 'string' },
        carol: { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        help: { type: 'boolean', default: false },
      },
    })
    if (values.help) {
      console.log(HELP)
      process.exit(0)
    }
    if (values.busy && values.carol !== undefined) {
      throw new Error('--busy is for our own Carol; a phone at --carol decides for itself')
    }
    for (const phone of [values.bob, values.carol]) if (phone !== undefined) checkPhone(phone, values.host)
    const { busy, trace, svg, host, bob, carol } = values
    return { busy, trace, svg, host, bob, carol }
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    process.exit(2)
  }
}

function checkPhone(uri: string, host: string): void {
  const phone = parseUri(uri)
  if (phone.type !== 'sip') throw new Error(`${uri}: a phone has a sip: URI`)
  if (host.startsWith('127.') && !phone.host.startsWith('127.') && phone.host !== 'localhost') {
    throw new Error(`${uri} cannot reach ${host}: say with --host which address of this machine it can`)
  }
}
