import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArgumentError } from '../base/errors.ts'
import { Headers, textToBytes } from '../message/index.ts'
import { SeededRandom } from '../testing/seeded-random.ts'
import type { BodyPart } from './body-part.ts'
import { multipartBody, type PartInit } from './multipart-body.ts'
import { type BodyLimits, readBody } from './read-body.ts'
import { selectParts } from './select-parts.ts'

const random = new SeededRandom(1)

function result(type: string, content: string | Uint8Array, limits?: BodyLimits) {
  const body = typeof content === 'string' ? textToBytes(content) : content
  return readBody({ headers: new Headers().set('Content-Type', type), body }, limits)
}

function read(type: string, content: string | Uint8Array, limits?: BodyLimits): BodyPart {
  const body = result(type, content, limits)
  if (body.type === 'body') return body.part
  throw body.type === 'unreadable' ? body.error : new Error('empty')
}

const lines = (...all: string[]) => all.join('\r\n')
const texts = (part: BodyPart): unknown => (part.multipart ? part.parts.map(texts) : part.text)

describe('a body', () => {
  it('may be empty, or a single part', () => {
    expect(result('application/sdp', '')).toEqual({ type: 'empty' })
    const sdp = read('application/sdp', 'v=0')
    expect(sdp.text).toBe('v=0')
    expect(sdp.parts).toEqual([])
    expect(sdp.find('application/sdp')).toBe(sdp)
    expect(sdp.isRequired).toBe(true)
    const bare = readBody({ headers: new Headers(), body: textToBytes('hi') })
    expect(bare.type === 'body' && bare.part.type.essence).toBe('text/plain')
  })

  it('of several parts is read with preamble, epilogue and padding (RFC 2046 §5.1.1)', () => {
    const body = read(
      'multipart/mixed; boundary="simple boundary"',
      lines(
        'This is the preamble.',
        '--simple boundary  ',
        '',
        'no headers',
        '',
        '--simple boundary',
        'Content-type: text/plain;',
        ' charset=us-ascii',
        'Content-ID: <a@h>',
        '',
        'ends with a line break',
        '',
        '--simple boundary',
        'Content-Type: text/html',
        '--simple boundary',
        '',
        '',
        '--simple boundaryX is none, nor is --simple boundary',
        '--simple boundary--x',
        '--simple boundary--\t',
        'This is the epilogue.',
      ),
    )
    expect(texts(body)).toEqual([
      'no headers\r\n',
      'ends with a line break\r\n',
      '',
      lines('', '--simple boundaryX is none, nor is --simple boundary', '--simple boundary--x'),
    ])
    expect(body.parts[1]?.type.toString()).toBe('text/plain;charset=us-ascii')
    expect(body.parts[1]?.contentId).toBe('a@h')
    expect(body.parts[2]?.type.essence).toBe('text/html')
    const { preamble, epilogue } = body.multipart ?? {}
    expect([preamble, epilogue].map((bytes) => Buffer.from(bytes ?? []).toString())).toEqual([
      'This is the preamble.',
      'This is the epilogue.',
    ])
  })

  it('may hold another body of several parts', () => {
    const inner = multipartBody(
      [
        { type: 'text/plain', content: 'plain' },
        { type: 'text/html', content: '<b>', id: 'html@h' },
      ],
      { random, type: 'multipart/alternative' },
    )
    const outer = multipartBody([{ type: 'application/sdp', content: 'v=0' }, inner], { random })
    const body = read(outer.type, outer.content)
    expect(texts(body)).toEqual(['v=0', ['plain', '<b>']])
    expect(body.byContentId('cid:html%40h')?.text).toBe('<b>')
    expect(body.byContentId('html@h')?.text).toBe('<b>')
    expect(body.byContentId('cid:%')).toBeUndefined()
    expect([...body.all()].map(({ type }) => type.essence)).toEqual([
      'multipart/mixed',
      'application/sdp',
      'multipart/alternative',
      'text/plain',
      'text/html',
    ])
  })

  it('keeps its bytes, and says how they are encoded', () => {
    const content = Uint8Array.from({ length: 256 }, (_, i) => i)
    const { type, content: bytes } = multipartBody(
      [
        { type: 'application/octet-stream', content, headers: { 'Content-Transfer-Encoding': 'Binary' } },
        { type: 'text/plain', content: 'aGk=', headers: { 'Content-Transfer-Encoding': 'base64' } },
        { type: 'text/plain', content: 'x', headers: { 'Content-Encoding': 'gzip' } },
      ],
      { random },
    )
    const [binary, encoded, zipped] = read(type, bytes).parts
    expect(binary?.bytes).toEqual(content)
    expect(binary?.transferEncoding).toBe('binary')
    expect(encoded?.text).toBe('aGk=')
    expect([binary, encoded, zipped].map((part) => part?.isPlain)).toEqual([true, false, false])
  })

  it.each([
    ['without a boundary', 'multipart/mixed', '--b\r\n\r\n\r\n--b--'],
    ['with an empty boundary', 'multipart/mixed;boundary=""', '--\r\n\r\n\r\n----'],
    ['with a boundary too long', `multipart/mixed;boundary=${'b'.repeat(71)}`, 'x'],
    ['with a boundary that ends with a blank', 'multipart/mixed;boundary="b "', '--b \r\n\r\n\r\n--b --'],
    ['with a boundary in UTF-8', 'multipart/mixed;boundary="ü"', '--ü\r\n\r\n\r\n--ü--'],
    ['that does not have its boundary', 'multipart/mixed;boundary=b', 'x'],
    ['that does not close', 'multipart/mixed;boundary=b', '--b\r\n\r\nx'],
    ['that only closes', 'multipart/mixed;boundary=b', '--b--'],
    ['whose lines end with LF', 'multipart/mixed;boundary=b', '--b\n\nx\n--b--\n'],
    ['with a header that is none', 'multipart/mixed;boundary=b', '--b\r\nno header\r\n\r\nx\r\n--b--'],
    ['with a malformed type', 'multipart/mixed;boundary=b', '--b\r\nContent-Type: x\r\n\r\nx\r\n--b--'],
    ['with two types', 'multipart/mixed;boundary=b', '--b\r\nc: a/b\r\nc: a/b\r\n\r\nx\r\n--b--'],
    ['with a bad part in a part', 'multipart/mixed;boundary=b', '--b\r\nc: multipart/x\r\n\r\nx\r\n--b--'],
  ])('%s is unreadable', (_, type, content) => {
    expect(result(type, content)).toMatchObject({ type: 'unreadable', error: { code: 'SIP_PARSE' } })
  })

  it('with a malformed Content-Type is unreadable', () => {
    const headers = new Headers().set('Content-Type', 'x')
    expect(readBody({ headers, body: textToBytes('x') })).toMatchObject({ type: 'unreadable' })
  })

  it('is limited in depth, number and headers', () => {
    let nested: PartInit = { type: 'text/plain', content: 'x' }
    for (let i = 0; i < 9; i++) nested = multipartBody([nested], { random })
    expect(result(nested.type, nested.content).type).toBe('unreadable')
    expect(result(nested.type, nested.content, { depth: 9 }).type).toBe('body')
    const two = multipartBody([nested, nested], { random })
    expect(result(two.type, two.content, { depth: 10, parts: 19 }).type).toBe('unreadable')
    expect(result(two.type, two.content, { depth: 10, parts: 20 }).type).toBe('body')
    const many = `--b\r\n${'X: y\r\n'.repeat(50)}Z: z\r\n\r\nx\r\n--b--`
    expect(result('multipart/mixed;boundary=b', many).type).toBe('unreadable')
    expect(result('multipart/mixed;boundary=b', many, { headers: 51 }).type).toBe('body')
  })
})

describe('a multipart body that we make', () => {
  it('has a boundary that is in no part', () => {
    const first = multipartBody([{ type: 'a/b', content: 'x' }], { random: new SeededRandom(7) })
    const boundary = first.type.split('boundary=')[1] as string
    const inBody = multipartBody([{ type: 'a/b', content: `--${boundary}` }], { random: new SeededRandom(7) })
    expect(inBody.type).not.toContain(boundary)
    expect(texts(read(inBody.type, inBody.content))).toEqual([`--${boundary}`])
    const inHead = multipartBody([{ type: 'a/b', content: '', id: boundary }], {
      random: new SeededRandom(7),
    })
    expect(inHead.type).not.toContain(boundary)
  })

  it('says what its parts are', () => {
    const { type, content } = multipartBody(
      [{ type: 'text/plain', content: 'hi', id: 'a@h', disposition: 'render;handling=optional' }],
      { random, type: 'multipart/related;start="<a@h>"' },
    )
    expect(type).toMatch(/^multipart\/related;start="<a@h>";boundary=[0-9a-z]{24}$/)
    const boundary = type.slice(-24)
    expect(Buffer.from(content).toString()).toBe(
      lines(
        `--${boundary}`,
        'Content-Type: text/plain',
        'Content-ID: <a@h>',
        'Content-Disposition: render;handling=optional',
        '',
        'hi',
        `--${boundary}--`,
        '',
      ),
    )
  })

  it.each<[string, readonly PartInit[], string | undefined, number]>([
    ['without parts', [], undefined, 1],
    ['of another type', [{ type: 'a/b', content: '' }], 'text/plain', 1],
    ['with a line break in a header', [{ type: 'a/b', content: '', id: 'a\r\nb' }], undefined, 1],
    ['with a type that is none', [{ type: 'a', content: '' }], undefined, 1],
    ['by a randomness that always gives the same', [{ type: 'a/b', content: '0'.repeat(24) }], undefined, 0],
  ])('is none %s', (_, parts, type, uint32) => {
    expect(() => multipartBody(parts, { random: { uint32: () => uint32 }, type })).toThrow(ArgumentError)
  })

  it('reads back as it was, whatever is in it', () => {
    const leaf = fc.record({
      type: fc.constantFrom('text/plain', 'application/sdp', 'a/b;c="d e"'),
      content: fc.oneof(
        fc.uint8Array(),
        fc
          .array(fc.constantFrom('\r\n', '--', 'b', '\r', '\n', 'X: y', '\r\n\r\n'))
          .map((bits) => textToBytes(bits.join(''))),
      ),
      id: fc.option(fc.constantFrom('a@h', 'b'), { nil: undefined }),
    })
    type Tree = PartInit | readonly Tree[]
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('tree'), { minLength: 1, maxLength: 4 })),
    }))
    const made = (node: Tree): PartInit =>
      Array.isArray(node) ? multipartBody(node.map(made), { random }) : (node as PartInit)
    const expectSame = (part: BodyPart | undefined, node: Tree): void => {
      if (Array.isArray(node)) {
        expect(part?.parts.length).toBe(node.length)
        for (const [i, child] of node.entries()) expectSame(part?.parts[i], child)
        return
      }
      const { type, content, id } = node as PartInit
      expect(part?.type.toString()).toBe(type)
      expect(Buffer.from(part?.bytes ?? [])).toEqual(Buffer.from(content as Uint8Array))
      expect(part?.contentId).toBe(id)
    }
    fc.assert(
      fc.property(fc.array(tree, { minLength: 1, maxLength: 4 }), (nodes) => {
        const { type, content } = made(nodes)
        expectSame(read(type, content, { depth: 100, parts: 10_000 }), nodes)
      }),
    )
  })

  it('mutated is judged all the same', () => {
    const { type, content } = multipartBody(
      [multipartBody([{ type: 'a/b', content: 'x' }], { random }), { type: 'a/b', content: 'y', id: 'c' }],
      { random },
    )
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.nat(content.length), fc.nat(3), fc.constantFrom('', '\r', '\n', '-', '\r\n--', ':')),
        ),
        (edits) => {
          let text = Buffer.from(content).toString('latin1')
          for (const [at, length, put] of edits) text = text.slice(0, at) + put + text.slice(at + length)
          const body = result(type, Buffer.from(text, 'latin1'))
          expect(result(type, Buffer.from(text, 'latin1')).type).toBe(body.type)
        },
      ),
    )
  })
})

describe('the parts that are processed', () => {
  const understands = ({ type, isPlain }: BodyPart) =>
    isPlain && ['application/sdp', 'text/plain'].includes(type.essence)
  const sdp: PartInit = { type: 'application/sdp', content: 'sdp' }
  const text: PartInit = { type: 'text/plain', content: 'text' }
  const isup: PartInit = { type: 'application/isup', content: 'isup' }
  const optional: PartInit = { ...isup, disposition: 'signal;handling=Optional' }
  const multi = (type: string, parts: readonly PartInit[], disposition?: string): PartInit => ({
    ...multipartBody(parts, { random, type: `multipart/${type}` }),
    disposition,
  })

  it.each<[string, PartInit, unknown]>([
    ['a single one', sdp, ['sdp']],
    ['none', isup, 'isup'],
    ['each of a mixed one', multi('mixed', [sdp, text]), ['sdp', 'text']],
    ['each of one of an unknown kind', multi('new', [sdp, text]), ['sdp', 'text']],
    ['what is not optional', multi('mixed', [optional, sdp]), ['sdp']],
    ['not without what is required', multi('mixed', [isup, sdp]), 'isup'],
    ['the last of alternatives', multi('alternative', [sdp, text, isup]), ['text']],
    ['no alternative', multi('alternative', [isup, optional]), 'multipart/alternative'],
    ['the first related one', multi('related', [sdp, isup]), ['sdp']],
    [
      'the related one that is the start',
      multi('related;start="<s>"', [isup, { ...text, id: 's' }]),
      ['text'],
    ],
    ['the first one where the start is not there', multi('related;start="<x>"', [isup, text]), 'isup'],
    ['alternatives among others', multi('mixed', [multi('alternative', [sdp, isup]), text]), ['sdp', 'text']],
    [
      'nothing of an optional multipart',
      multi('mixed', [text, multi('mixed', [isup], 'render;handling=optional')]),
      ['text'],
    ],
    ['none that is encoded', { ...text, headers: { 'Content-Transfer-Encoding': 'base64' } }, 'text'],
  ])('%s', (_, part, expected) => {
    const { type, content } = multipartBody([part], { random, type: 'multipart/x' })
    const [body] = read(type, content).parts
    const selection = selectParts(body as BodyPart, understands)
    const refused = (at: BodyPart) => (at.multipart ? at.type.essence : at.text)
    expect(
      selection.type === 'taken' ? selection.parts.map((at) => at.text) : refused(selection.part),
    ).toEqual(expected)
  })

  it('a whole multipart, if it is understood as such', () => {
    const { type, content } = multi('signed', [text, isup])
    const body = read(type, content)
    const selection = selectParts(body, (part) => part.type.essence === 'multipart/signed')
    expect(selection).toEqual({ type: 'taken', parts: [body] })
  })
})
