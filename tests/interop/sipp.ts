import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What SIPp is to do. */
export interface SippOptions {
  /** Which file of `scenarios/`, without `.xml`, or one that SIPp brings (`uac`, `uas`). */
  readonly scenario: string
  /** Whom it talks to; for a scenario that waits to be called nobody. */
  readonly remote?: { readonly host: string; readonly port: number }
  /** The user part of the one it calls (`[service]`). */
  readonly service?: string
  /** Values of the scenario's own keywords: `{ refer_to: ... }` for `[refer_to]`. */
  readonly keys?: Readonly<Record<string, string>>
  readonly transport?: 'udp' | 'tcp'
  /** Calls to make or take; default 1. */
  readonly calls?: number
  /** Calls a second; default 10. */
  readonly rate?: number
  /** Milliseconds for all of it; default 20 000. */
  readonly timeout?: number
  readonly args?: readonly string[]
}

/** Milliseconds that SIPp gets to end by itself, with its own words about why, before it is killed. */
const GRACE = 3000
/** Characters of each log that an error shows: the end is what matters. */
const SHOWN = 20_000

const MEANING: Readonly<Record<number, string>> = {
  1: 'a call failed',
  97: 'ended by its scenario',
  99: 'no call was made',
  253: 'media was wrong',
  254: 'it could not connect',
  255: 'it gave up',
}

/**
 * One run of SIPp.
 *
 * ```ts
 * await using sipp = await Sipp.start({ scenario: 'refer-uac', remote, keys: { refer_to: 'sip:carol@127.0.0.1:5070' } })
 * await sipp.passed
 * ```
 */
export class Sipp implements AsyncDisposable {
  /** Where it listens. */
  readonly local: { readonly host: string; readonly port: number }
  /** Resolves when every call went as the scenario says; else rejects with an error that shows SIPp's logs. */
  readonly passed: Promise<void>
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #closed: Promise<unknown>

  private constructor(child: ChildProcess, directory: string, port: number, options: SippOptions) {
    this.#child = child
    this.#directory = directory
    this.local = { host: '127.0.0.1', port }
    this.#closed = new Promise((resolve) => child.once('close', resolve).once('error', resolve))
    this.passed = this.#run(options)
    // A test may fail for another reason before it comes to wait for this.
    this.passed.catch(() => {})
  }

  /** Starts SIPp on a free port of 127.0.0.1; it may take some milliseconds until it listens. */
  static async start(options: SippOptions): Promise<Sipp> {
    const directory = await mkdtemp(join(tmpdir(), `sipp-${options.scenario}-`))
    const port = await freePort()
    const child = spawn('sipp', argumentsOf(options, port, directory), {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TERM: 'dumb' },
    })
    return new Sipp(child, directory, port, options)
  }

  /** What SIPp has sent and received until now. */
  messages(): Promise<string> {
    return this.#log('messages')
  }

  /**
   * Resolves when SIPp takes connections: over TCP whoever calls too early is refused, where over UDP he would call
   * again by himself. Takes one connection of SIPp's for it; rejects when SIPp ends before.
   */
  async listening(): Promise<void> {
    let ended = false
    this.#closed.then(() => {
      ended = true
    })
    while (!(await connects(this.local))) if (ended) throw new Error('sipp ended before it listened')
  }

  /** Kills SIPp if it still runs, and removes its logs unless they tell of a failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const running = this.#child.exitCode === null && this.#child.signalCode === null
    if (running) this.#child.kill('SIGKILL')
    await this.#closed
    const failed = await this.passed.then(
      () => false,
      () => !running,
    )
    if (!failed) await rm(this.#directory, { recursive: true, force: true })
  }

  async #run({ scenario, timeout = 20_000 }: SippOptions): Promise<void> {
    const output: Buffer[] = []
    this.#child.stdout?.on('data', (data: Buffer) => output.push(data))
    this.#child.stderr?.on('data', (data: Buffer) => output.push(data))
    let late = false
    const deadline = setTimeout(() => {
      late = true
      this.#child.kill('SIGKILL')
    }, timeout + GRACE)
    const outcome = await this.#closed
    clearTimeout(deadline)
    if (outcome instanceof Error)
      throw new Error(`sipp could not be started (Debian: sip-tester): ${outcome.message}`, {
        cause: outcome,
      })
    const { exitCode, signalCode } = this.#child
    if (exitCode === 0) return
    const why = late
      ? `still ran after ${timeout} ms`
      : `ended with ${exitCode ?? signalCode}${exitCode === null ? '' : ` (${MEANING[exitCode] ?? 'unknown'})`}`
    const logs: [name: string, text: string][] = []
    for (const name of ['errors', 'log', 'messages']) logs.push([name, await this.#log(name)])
    // The screens that SIPp prints are of use only if it wrote nothing else.
    if (logs.every(([, text]) => text === '')) logs.push(['output', Buffer.concat(output).toString()])
    const shown = logs
      .filter(([, text]) => text !== '')
      .map(([name, text]) => `--- ${name}\n${text.slice(-SHOWN)}`)
    throw new Error([`sipp ${scenario} ${why}; its logs are in ${this.#directory}`, ...shown].join('\n'))
  }

  async #log(name: string): Promise<string> {
    return readFile(join(this.#directory, `${name}.txt`), 'utf8').catch(() => '')
  }
}

const BUILT_IN: ReadonlySet<string> = new Set(['uac', 'uas'])

function fileOf(scenario: string): URL {
  return new URL(`scenarios/${scenario}.xml`, import.meta.url)
}

function argumentsOf(options: SippOptions, port: number, directory: string): readonly string[] {
  const {
    scenario,
    remote,
    service,
    keys = {},
    transport = 'udp',
    calls = 1,
    rate = 10,
    timeout = 20_000,
  } = options
  const log = (name: string) => join(directory, `${name}.txt`)
  return [
    ...(remote === undefined ? [] : [`${remote.host}:${remote.port}`]),
    ...(BUILT_IN.has(scenario) ? ['-sn', scenario] : ['-sf', fileURLToPath(fileOf(scenario))]),
    ...['-i', '127.0.0.1', '-p', String(port), '-t', transport === 'udp' ? 'u1' : 't1'],
    ...(service === undefined ? [] : ['-s', service]),
    ...Object.entries(keys).flatMap(([name, value]) => ['-key', name, value]),
    ...['-m', String(calls), '-r', String(rate)],
    ...['-timeout', String(Math.ceil(timeout / 1000)), '-timeout_error', '-nostdin'],
    ...['-trace_err', '-error_file', log('errors'), '-trace_msg', '-message_file', log('messages')],
    ...['-trace_logs', '-log_file', log('log')],
    ...(options.args ?? []),
  ]
}

function connects({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

/** A port of 127.0.0.1 that is free over UDP and TCP alike, at least until somebody else takes it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (free) await new Promise((resolve) => server.close(resolve))
    await new Promise<void>((resolve) => socket.close(resolve))
    if (free) return port
  }
}
