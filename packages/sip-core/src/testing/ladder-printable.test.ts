import { describe, expect, it } from 'vitest'
import { cells, fit, printable } from './ladder-printable.ts'

describe('text on a terminal', () => {
  it('is measured in columns', () => {
    expect(cells('INVITE')).toBe(6)
    expect(cells('Grüße')).toBe(5)
    expect(cells('日本')).toBe(4)
    expect(cells('🎉')).toBe(2)
    expect(cells('e\u0301')).toBe(1)
    expect(cells('─▶│')).toBe(3)
  })

  it('is cut where it is too long', () => {
    expect(fit('INVITE', 6)).toBe('INVITE')
    expect(fit('INVITE', 5)).toBe('INVI…')
    expect(fit('INVITE', 5, '..')).toBe('INV..')
    expect(fit('日本語', 4)).toBe('日…')
    expect(fit('INVITE', 1)).toBe('…')
    expect(fit('INVITE', 0)).toBe('')
    expect(fit('INVITE', -3)).toBe('')
  })

  it('holds nothing that does not show', () => {
    expect(printable('a\x00\x1b[2J\r\n\u200b\u202e\u2028\ud800')).toBe(
      'a\\x00\\x1b[2J\\x0d\\x0a\\u{200b}\\u{202e}\\u{2028}\\u{d800}',
    )
  })
})
