import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textToBytes } from '../message/index.ts'
import type { MessageTrace } from '../transport/index.ts'
import { formatBytes, formatTrace } from './format-trace.ts'

const shown = (...bytes: number[]) => formatBytes(new Uint8Array(bytes))

describe('formatTrace', () => {
  const trace: MessageTrace = {
    direction: 'out',
    protocol: 'UDP',
    local: { host: '192.0.2.1', port: 5060 },
    remote: { host: '2001:db8::2', port: 5070 },
    bytes: textToBytes('OPTIONS sip:bob@example.com SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n'),
    at: 1012,
  }

  it('says when what went where', () => {
    expect(formatTrace(trace, { since: 1000 })).toBe(
      '--- 0.012 s  UDP  192.0.2.1:5060 -> [2001:db8::2]:5070  out  56 bytes\n' +
        'OPTIONS sip:bob@example.com SIP/2.0\nCSeq: 1 OPTIONS\n\n',
    )
  })

  it('points from the sender to the receiver', () => {
    expect(formatTrace({ ...trace, direction: 'in' })).toMatch(
      /^--- 1\.012 s {2}UDP {2}\[2001:db8::2\]:5070 -> 192\.0\.2\.1:5060 {2}in {2}/,
    )
  })
})

describe('formatBytes', () => {
  it('shows text as it is and everything else as escapes', () => {
    expect(formatBytes(textToBytes('Grüße, 日本 🎉\tx'))).toBe('Grüße, 日本 🎉\tx')
    expect(shown(0, 7, 0x1b, 0x41, 0x7f)).toBe('\\x00\\x07\\x1bA\\x7f')
    expect(shown(0xff, 0xfe, 0x41, 0xc3)).toBe('\\xff\\xfeA\\xc3')
    expect(shown(0xe2, 0x82, 0x41, 0x80, 0xf0, 0x9f, 0x8e)).toBe('\\xe2\\x82A\\x80\\xf0\\x9f\\x8e')
    expect(shown(0xc3, 0xbc, 0xff)).toBe('ü\\xff')
    expect(shown(0xef, 0xbf, 0xbd, 0xff)).toBe('\ufffd\\xff')
    expect(formatBytes(textToBytes('a\u202eb\u2028\ufeff\u0085'))).toBe('a\\u{202e}b\\u{2028}\\u{feff}\\x85')
  })

  it('shows line ends that are none', () => {
    expect(formatBytes(textToBytes('a\r\nb\rc\nd\r\r\n\ne'))).toBe('a\nb\\rc\\n\nd\\r\n\\n\ne')
  })

  it('lets no control character through, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(formatBytes(bytes)).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
      }),
    )
  })
})
