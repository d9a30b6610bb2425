/** Messages that try to make a parser slow: of about `size` bytes, nearly all of it in one place. */

const HEAD = [
  'From: <sip:a@h>;tag=1',
  'To: <sip:b@h>',
  'Call-ID: c',
  'CSeq: 1 INVITE',
  'Via: SIP/2.0/UDP h;branch=z9hG4bKx',
]

const pieces = [
  ...[
    ',',
    ';',
    '"',
    '""',
    '"",',
    '\\',
    '\\\\',
    '(',
    ')',
    '()',
    '<',
    '>',
    '<>',
    '@',
    ':',
    '=',
    ';a',
    ';a=',
    ';a=b',
    '%',
    '%41',
  ],
  ...[
    'a',
    ' ',
    '\t',
    '\r\n ',
    '\r\n\t',
    ' ,',
    'a,',
    'a/b,',
    '*',
    '[',
    '::',
    '0',
    '9',
    '?',
    '&',
    'a=b&',
    '/',
    '.',
    '-',
    '!',
    'ü',
  ],
  ...[
    '<sip:a@h>,',
    '<sip:a>,',
    '"a" <sip:a@h>, ',
    'SIP/2.0/UDP h;branch=x,',
    'Digest a=b, ',
    'a="b", ',
    '\0',
    '--',
    '\r',
    '\n',
  ],
]

const names = [
  ...[
    'Via',
    'From',
    'To',
    'Contact',
    'Call-ID',
    'CSeq',
    'Route',
    'Content-Type',
    'Content-Length',
    'Max-Forwards',
  ],
  ...[
    'Supported',
    'Accept',
    'Retry-After',
    'Subject',
    'Authorization',
    'WWW-Authenticate',
    'Date',
    'Warning',
    'Replaces',
  ],
  ...['Refer-To', 'Event', 'Subscription-State', 'Timestamp', 'Security-Client', 'Content-ID', 'Unknown'],
]

/** What is hostile about a message, and how it is made for a size. */
export interface Hostile {
  readonly name: string
  make(size: number): string
}

const repeated = (piece: string, size: number) => piece.repeat(Math.ceil(size / piece.length))

function withLine(name: string, before: string, piece: string): Hostile {
  return {
    name: `${name}: ${JSON.stringify(`${before}${piece}`)}...`,
    make(size) {
      const others = HEAD.filter((line) => !line.startsWith(`${name}:`))
      return ['INVITE sip:b@h SIP/2.0', `${name}: ${before}${repeated(piece, size)}`, ...others, '', ''].join(
        '\r\n',
      )
    },
  }
}

function withStart(before: string, piece: string, after: string): Hostile {
  return {
    name: `start line ${JSON.stringify(`${before}${piece}...${after}`)}`,
    make: (size) => [`${before}${repeated(piece, size)}${after}`, ...HEAD, '', ''].join('\r\n'),
  }
}

function withBody(type: string, before: string, piece: string): Hostile {
  return {
    name: `body ${type} ${JSON.stringify(`${before}${piece}`)}...`,
    make: (size) =>
      ['INVITE sip:b@h SIP/2.0', ...HEAD, `Content-Type: ${type}`, '', before + repeated(piece, size)].join(
        '\r\n',
      ),
  }
}

/** Every kind. */
export const hostile: readonly Hostile[] = [
  ...names.flatMap((name) => pieces.map((piece) => withLine(name, '', piece))),
  ...['Contact', 'To', 'Via', 'Retry-After', 'Refer-To'].flatMap((name) =>
    ['"', '<sip:', '<sip:a@h;', '<sip:a@h?', 'SIP/2.0/UDP h;a=', '1 (', 'a '].flatMap((before) =>
      pieces.map((piece) => withLine(name, before, piece)),
    ),
  ),
  ...pieces.flatMap((piece) => [
    withStart('', piece, ''),
    withStart('INVITE ', piece, ' SIP/2.0'),
    withStart('INVITE sip:', piece, ' SIP/2.0'),
    withStart('INVITE sip:a@h', piece, ' SIP/2.0'),
    withStart('INVITE tel:', piece, ' SIP/2.0'),
    withStart('SIP/2.0 200 ', piece, ''),
    withStart('SIP/2.0 ', piece, ''),
  ]),
  ...['a: b\r\n', 'a:\r\n', ':\r\n', 'a\r\n', '\r\n', 'v: \r\n ', 'X: y\r\n z\r\n'].map((piece) =>
    withStart('INVITE sip:b@h SIP/2.0\r\n', piece, ''),
  ),
  ...[
    '--b\r\n',
    '\r\n--b\r\n',
    '\r\n--b',
    '\r\n--b ',
    '\r\n--b--x',
    '--',
    '\r\n',
    '\r\n--b\r\nX: y',
    '\r\n--b\r\n\r\n',
  ].map((piece) => withBody('multipart/mixed;boundary=b', '--b\r\n', piece)),
  withBody(`multipart/mixed;boundary=${'-'.repeat(70)}`, '', '-'),
  withBody(`multipart/mixed;boundary=${'-'.repeat(70)}`, '', `\r\n${'-'.repeat(71)}x`),
]
