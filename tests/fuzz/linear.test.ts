import { parseMessage, printMessage, readBody, type SipMessage } from 'sip-core'
import { expect, it } from 'vitest'
import { codecs } from './codecs.ts'
import { hostile } from './hostile.ts'
import { countSteps } from './steps.ts'

// Large enough for a square to be seen over what is done once, small enough to try each of hundreds.
const SIZE = 1024
const STEPS_A_BYTE = 30

it.each([
  ['alone', 1],
  ['with all that is read in it', 1 + codecs.length],
])(
  'a hostile message is read in linear time: the message %s',
  (_, passes) => {
    for (const { name, make } of hostile) {
      const [once, twice] = [SIZE, 2 * SIZE].map((size) => {
        const bytes = Buffer.from(make(size))
        return {
          bytes,
          steps: countSteps(() => (passes === 1 ? parseMessage(bytes) : readEverything(bytes))),
        }
      })
      if (once === undefined || twice === undefined) throw new Error('two sizes')
      expect(twice.steps, name).toBeLessThan(2.2 * once.steps + 2000)
      expect(twice.steps / twice.bytes.length, name).toBeLessThan(STEPS_A_BYTE + passes)
    }
  },
  60_000,
)

it('as large as a datagram can be, too', () => {
  for (const { name, make } of hostile.filter((_, i) => i % 17 === 0)) {
    const [once, twice] = [32_000, 64_000].map((size) => {
      const bytes = Buffer.from(make(size))
      return countSteps(() => readEverything(bytes))
    })
    expect(twice, name).toBeLessThan(2.2 * Number(once) + 2000)
  }
}, 60_000)

it('counts what it is said to count', () => {
  const text = 'a'.repeat(1000)
  expect(countSteps(() => text.indexOf('b'))).toBe(1000)
  expect(countSteps(() => text.charCodeAt(5))).toBe(1)
  const square = (of: string) => {
    for (let i = 0; i < of.length; i++) of.slice(i).includes('b')
  }
  expect(countSteps(() => square(text))).toBeGreaterThan(500_000)
  expect(text.includes('b')).toBe(false)
})

function readEverything(bytes: Uint8Array): void {
  const result = parseMessage(bytes, { maxHeaders: 1_000_000 })
  const message: SipMessage | undefined =
    result.type === 'response' ? result.response : result.type === 'garbage' ? undefined : result.request
  if (message === undefined) return
  for (const codec of codecs) {
    try {
      message.headers.getAll(codec)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'SIP_PARSE')) throw error
    }
  }
  readBody(message, { parts: 1_000_000 })
  message.headers.toWire()
  printMessage(message)
}
