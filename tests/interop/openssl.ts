import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Address } from 'sip-core'

/** Files of certificates and keys that OpenSSL is to read, for one test. */
export class Files implements AsyncDisposable {
  readonly #directory: string
  #count = 0

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async make(): Promise<Files> {
    return new Files(await mkdtemp(join(tmpdir(), 'sip-openssl-')))
  }

  /** The name of a file with this in it. */
  async with(content: string): Promise<string> {
    const path = join(this.#directory, `${++this.#count}.pem`)
    await writeFile(path, content)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }
}

/** `openssl s_client` or `openssl s_server`, and what it has printed. */
export class Openssl implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #closed: Promise<unknown>
  #output = ''
  #printed = () => {}

  private constructor(args: readonly string[]) {
    this.#child = spawn('openssl', args)
    this.#closed = once(this.#child, 'close')
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.on('data', (data: Buffer) => {
        this.#output += data.toString('latin1')
        this.#printed()
      })
    // A handshake that failed closes its end.
    this.#child.stdin.on('error', () => {})
  }

  /** Connects; goes on until the other side or `dispose` ends it. */
  static client({ host, port }: Address, ...args: readonly string[]): Openssl {
    return new Openssl(['s_client', '-connect', `${host}:${port}`, '-ign_eof', ...args])
  }

  /** Listens on a free port of 127.0.0.1. */
  static async server(...args: readonly string[]): Promise<{ openssl: Openssl; address: Address }> {
    const openssl = new Openssl(['s_server', '-accept', '127.0.0.1:0', ...args])
    const [, port] = await openssl.prints(/^ACCEPT \S+:(\d+)$/m)
    return { openssl, address: { host: '127.0.0.1', port: Number(port) } }
  }

  get output(): string {
    return this.#output
  }

  /** Resolves when this has been printed; rejects with all that was, if it ends before. */
  async prints(pattern: RegExp): Promise<RegExpMatchArray> {
    let ended = false
    void this.#closed.then(() => {
      ended = true
      this.#printed()
    })
    for (;;) {
      const match = this.#output.match(pattern)
      if (match !== null) return match
      if (ended) throw new Error(`openssl ended without printing ${pattern}:\n${this.#output}`)
      await new Promise<void>((resolve) => {
        this.#printed = resolve
      })
    }
  }

  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Its exit code, when it has ended by itself. */
  async ended(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}
