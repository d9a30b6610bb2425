import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToText, textToBytes } from '../message/index.ts'
import { type Frame, type Framer, MessageFramer } from './framer.ts'
import { StreamFramer } from './stream-framer.ts'

/** Everything that comes of these chunks, each taken in turn. */
function framesOf(framer: Framer, chunks: Iterable<Uint8Array>): Frame[] {
  const frames: Frame[] = []
  for (const chunk of chunks) {
    framer.push(chunk)
    for (let frame = framer.next(); frame !== undefined; frame = framer.next()) frames.push(frame)
  }
  return frames
}

/** The frames in short: a message as its text, an error as status and the place it was met in. */
function shown(frames: readonly Frame[]): string[] {
  return frames.map((frame) => {
    if (frame.type === 'message') return bytesToText(frame.bytes)
    return frame.type === 'error' ? `${frame.status} ${frame.error.within}` : frame.type
  })
}

function cut(text: string, framer: Framer = new StreamFramer()): string[] {
  return shown(framesOf(framer, [textToBytes(text)]))
}

/** The bytes one by one, each in a chunk of its own. */
function* singly(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1)
}

/** The bytes cut at these places, in copies that are overwritten once they have been taken. */
function* chopped(bytes: Uint8Array, places: readonly number[]): Iterable<Uint8Array> {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  let from = 0
  for (const to of [...cuts, bytes.length]) {
    yield bytes.slice(from, to)
    from = to
  }
}

const message = (length: string, body = '', start = 'OPTIONS sip:a@b SIP/2.0') =>
  `${start}\r\nCall-ID: 1\r\n${length}\r\nMax-Forwards: 70\r\n\r\n${body}`

describe('StreamFramer: messages', () => {
  it.each([
    ['Content-Length: 5', 'hello'],
    ['content-length:5', 'hello'],
    ['CONTENT-LENGTH \t:  5  ', 'hello'],
    ['l: 5', 'hello'],
    ['L:5', 'hello'],
    ['l : 05', 'hello'],
    ['Content-Length:\r\n 5', 'hello'],
    ['Content-Length: 5\r\n\t', 'hello'],
    ['Content-Length: 0', ''],
    ['Content-Length: 5\r\nl: 5', 'hello'],
    ['Content-Length: 4', '\r\n\r\n'],
  ])('takes the body as %j says', (length, body) => {
    const text = message(length, body)
    expect(cut(text + text)).toEqual([text, text])
  })

  it('is not taken in by lines that look like a Content-Length', () => {
    const others = [
      'Subject: \r\n Content-Length: 9',
      'X-Content-Length: 9',
      'Content-Length-X: 9',
      'Content-Lengt: 9',
      'Call: 9',
      'la: 9',
    ]
    for (const other of others) {
      const text = message(`${other}\r\nContent-Length: 2`, 'ab')
      expect(cut(text)).toEqual([text])
    }
    const asStartLine = message('l: 1', 'x', 'l: 9')
    expect(cut(asStartLine)).toEqual([asStartLine])
  })

  it('takes responses, and headers that are no text', () => {
    const text = message('l: 1\r\nX: \0\u00ff\u20ac', 'x', 'SIP/2.0 200 OK')
    expect(cut(text)).toEqual([text])
  })

  it('waits for the rest', () => {
    const text = message('l: 3', 'abc')
    const framer = new StreamFramer()
    expect(cut(text.slice(0, -1), framer)).toEqual([])
    expect(framer.pending).toBe(text.length - 1)
    expect(cut(text.slice(-1), framer)).toEqual([text])
    expect(framer.pending).toBe(0)
  })

  it('gives messages that stay as they are', () => {
    const text = message('l: 3', 'abc')
    const stream = textToBytes(text.repeat(50))
    const frames = framesOf(new StreamFramer(), chopped(stream, [10, 200, 300, 301, 302, 1000, 1001]))
    expect(shown(frames)).toEqual(Array(50).fill(text))
  })

  it('copies nothing where a chunk holds whole messages', () => {
    const chunk = textToBytes(message('l: 3', 'abc').repeat(2))
    const frames = framesOf(new StreamFramer(), [chunk])
    expect(frames.map((frame) => frame.type === 'message' && frame.bytes.buffer === chunk.buffer)).toEqual([
      true,
      true,
    ])
  })

  it('keeps no large chunk for the few bytes that are left in it', async () => {
    const framer = new StreamFramer()
    const take = () => {
      const large = textToBytes(`${message('l: 3', 'abc').repeat(500)}OPT`)
      framesOf(framer, [large.subarray(-3)])
      return new WeakRef(large.buffer)
    }
    const buffer = take()
    // A WeakRef holds what it was made with until the step is over.
    await new Promise((resolve) => setTimeout(resolve))
    setFlagsFromString('--expose-gc')
    runInNewContext('gc')()
    expect(framer.pending).toBe(3)
    expect(buffer.deref()).toBeUndefined()
  })

  // What follows takes minutes and more for a framer that looks at bytes twice.
  it('takes a head of many kilobytes, a byte at a time', () => {
    const framer = new StreamFramer({ maxHead: 400_000, maxBody: 0 })
    const text = message(`X: ${'x'.repeat(390_000)}\r\nl: 0`)
    expect(framesOf(framer, singly(textToBytes(text)))).toHaveLength(1)
  })

  it('takes many messages in one chunk', () => {
    const text = message('l: 3', 'abc')
    expect(framesOf(new StreamFramer(), [textToBytes(text.repeat(50_000))])).toHaveLength(50_000)
  })

  it('takes a message of megabytes, a byte at a time', () => {
    const length = 2 * 1024 * 1024
    const framer = new StreamFramer({ maxHead: 1000, maxBody: length })
    const text = message(`l: ${length}`, 'x'.repeat(length))
    const frames = framesOf(framer, singly(textToBytes(text)))
    expect(frames.map((frame) => frame.type === 'message' && frame.bytes.length)).toEqual([text.length])
  })
})

describe('StreamFramer: keep-alives', () => {
  it.each([
    ['\r\n', ['pong']],
    ['\r\n\r\n', ['pong', 'ping']],
    ['\r\n\r\n\r\n', ['pong', 'ping', 'pong']],
    ['\r', []],
  ])('%j', (text, frames) => {
    expect(cut(text)).toEqual(frames)
    expect(shown(framesOf(new StreamFramer(), singly(textToBytes(text))))).toEqual(frames)
  })

  it('counts from the last message', () => {
    const text = message('l: 0')
    expect(cut(`\r\n${text}\r\n${text}\r\n\r\n`)).toEqual(['pong', text, 'pong', text, 'pong', 'ping'])
  })
})

describe('StreamFramer: what ends it', () => {
  it.each([
    ['no Content-Length', message('Content-Type: text/plain'), '400 head'],
    ['an empty one', message('Content-Length:'), '400 Content-Length'],
    ['a negative one', message('Content-Length: -1'), '400 Content-Length'],
    ['one that is no number', message('Content-Length: many'), '400 Content-Length'],
    ['hexadecimal', message('l: 0x10'), '400 Content-Length'],
    ['something behind it', message('l: 5 5', 'hello'), '400 Content-Length'],
    ['a list', message('l: 5, 5', 'hello'), '400 Content-Length'],
    ['a parameter', message('l: 5;a', 'hello'), '400 Content-Length'],
    ['a number folded in two', message('l: 1\r\n 0', '0123456789'), '400 Content-Length'],
    ['a bare LF behind it', message('l: 5\nX: a', 'hello'), '400 Content-Length'],
    ['two different ones', message('l: 5\r\nContent-Length: 4', 'hello'), '400 Content-Length'],
    ['another behind a bare LF', message('l: 5\r\nX: a\nl: 4', 'hello'), '400 Content-Length'],
    ['LF alone in a gap', '\n', '400 gap'],
    ['CR alone in a gap', '\rO', '400 gap'],
    ['a NUL', '\0', '400 gap'],
    ['a TLS handshake', '\u0016\u0003\u0001\u0002', '400 gap'],
    ['a body beyond its Content-Length', message('l: 2', 'ab"'), '400 gap'],
  ])('%s', (_name, text, error) => {
    const good = message('l: 0')
    expect(cut(good + text + good).slice(-1)).toEqual([error])
    expect(cut(good + text + good)[0]).toBe(good)
  })

  it('gives the head, so that a request can be answered, and says what is wrong', () => {
    const head = message('Content-Length: many')
    const [frame] = framesOf(new StreamFramer(), [textToBytes(`${head}body`)])
    expect(frame).toMatchObject({
      status: 400,
      error: { expected: 'a number of bytes', found: expect.stringContaining(' many') },
    })
    expect(bytesToText((frame as Frame & { type: 'error' }).bytes)).toBe(head)
  })

  it('takes nothing more, and keeps nothing', () => {
    const framer = new StreamFramer()
    expect(cut(message('l: -1'), framer)).toHaveLength(1)
    expect(cut(message('l: 0'), framer)).toEqual([])
    expect(framer.pending).toBe(0)
  })

  it('is a head that is too large, as soon as it is', () => {
    const text = message('l: 3', 'abc')
    const head = text.length - 3
    expect(cut(text, new StreamFramer({ maxHead: head, maxBody: 3 }))).toEqual([text])
    const framer = new StreamFramer({ maxHead: head - 1, maxBody: 3 })
    expect(cut(text.slice(0, head - 2), framer)).toEqual([])
    const frames = framesOf(framer, [textToBytes(text.slice(head - 2))])
    expect(shown(frames)).toEqual(['513 head'])
    expect(frames).toMatchObject([{ bytes: { length: text.length } }])
  })

  it('is garbage that never becomes a message', () => {
    const framer = new StreamFramer({ maxHead: 1000, maxBody: 1000 })
    const garbage = textToBytes('garbage '.repeat(200))
    expect(shown(framesOf(framer, singly(garbage)))).toEqual(['513 head'])
  })

  it('is a body that is too large, before any of it has come', () => {
    const limits = { maxHead: 1000, maxBody: 10 }
    const largest = message('l: 10', '0123456789')
    expect(cut(largest, new StreamFramer(limits))).toEqual([largest])
    for (const length of ['11', '99999999999999999999', '9'.repeat(400)]) {
      expect(cut(message(`l: ${length}`), new StreamFramer(limits))).toEqual(['513 body'])
    }
  })
})

describe('StreamFramer: laws', () => {
  const body = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('\r\n', '\r\n\r\n', 'l: 7\r\n\r\n'),
  )
  const item = fc.oneof(
    { arbitrary: fc.constantFrom('\r\n', '\r\n\r\n'), weight: 1 },
    {
      arbitrary: fc
        .record({ body, name: fc.constantFrom('l', 'Content-Length', 'cOnTent-lEngth'), fold: fc.boolean() })
        .map(({ body, name, fold }) =>
          message(`${name}:${fold ? '\r\n ' : ' '}${textToBytes(body).length}`, body),
        ),
      weight: 3,
    },
  )

  it('any chunks give the same frames', () => {
    fc.assert(
      fc.property(fc.array(item), fc.array(fc.nat(4000)), (items, places) => {
        const stream = textToBytes(items.join(''))
        let breaks = 0
        const expected = items.flatMap((text) => {
          if (text.startsWith('O')) {
            breaks = 0
            return [text]
          }
          return text
            .split('\n')
            .slice(1)
            .map(() => (++breaks % 2 === 0 ? 'ping' : 'pong'))
        })
        expect(shown(framesOf(new StreamFramer(), chopped(stream, places)))).toEqual(expected)
      }),
    )
  })

  it('so do they of a stream that is broken anywhere', () => {
    fc.assert(
      fc.property(
        fc.array(item, { minLength: 1, maxLength: 5 }),
        fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 4 }),
        fc.array(fc.nat(4000)),
        (items, changes, places) => {
          const stream = textToBytes(items.join(''))
          for (const [at, byte] of changes) stream[at % stream.length] = byte
          const limits = { maxHead: 150, maxBody: 30 }
          const whole = framesOf(new StreamFramer(limits), [stream])
          // How much has come by the time of the error is all that differs.
          const seen = (frames: readonly Frame[]) =>
            frames.map((frame) =>
              frame.type === 'error'
                ? [frame.status, frame.error.within, frame.error.expected]
                : frame.type === 'message'
                  ? [...frame.bytes]
                  : frame.type,
            )
          expect(seen(framesOf(new StreamFramer(limits), chopped(stream, places)))).toEqual(seen(whole))
          expect(seen(framesOf(new StreamFramer(limits), singly(stream)))).toEqual(seen(whole))
        },
      ),
    )
  })
})

describe('MessageFramer', () => {
  it.each([
    ['', []],
    ['\r\n', ['pong']],
    ['\r\n\r\n', ['ping']],
    ['\0\0\0\0', []],
    ['\r\n\r\n\r\n', []],
    ['hello', ['hello']],
    ['\r\n\r\nhello', ['\r\n\r\nhello']],
  ])('%j', (text, frames) => {
    expect(cut(text, new MessageFramer())).toEqual(frames)
  })

  it('refuses what is too large, and goes on', () => {
    const framer = new MessageFramer({ maxHead: 3, maxBody: 2 })
    expect(cut('hello', framer)).toEqual(['hello'])
    expect(cut('hello!', framer)).toEqual(['513 message'])
    expect(cut('hello', framer)).toEqual(['hello'])
  })
})
