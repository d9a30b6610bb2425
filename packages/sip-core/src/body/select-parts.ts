import type { BodyPart } from './body-part.ts'

/** What is to be done with a body. */
export type Selection =
  /** These parts, in this order; perhaps none, where nothing is understood and nothing needs to be. */
  | { readonly type: 'taken'; readonly parts: readonly BodyPart[] }
  /** The message is to be refused (415): this part is required, and nobody understands it. */
  | { readonly type: 'refused'; readonly part: BodyPart }

const NOTHING: Selection = { type: 'taken', parts: [] }

/**
 * Which parts of a body are to be processed by somebody who understands certain parts (RFC 5621 §3, §8, RFC 2046
 * §5.1, RFC 2387): of `multipart/alternative` the last that is understood, of `multipart/related` its root, of any
 * other multipart each part. A part with `handling=optional` that is not understood is passed over.
 */
export function selectParts(body: BodyPart, understands: (part: BodyPart) => boolean): Selection {
  const selection = select(body, understands)
  return selection.type === 'refused' && !body.isRequired ? NOTHING : selection
}

function select(body: BodyPart, understands: (part: BodyPart) => boolean): Selection {
  // A multipart's own type may be understood as a whole.
  if (understands(body)) return { type: 'taken', parts: [body] }
  if (body.multipart === undefined || !body.isPlain) return { type: 'refused', part: body }
  switch (body.type.subtype.toLowerCase()) {
    case 'alternative':
      return lastOf(body, understands)
    case 'related':
      return selectParts(rootOf(body), understands)
    default:
      return eachOf(body, understands)
  }
}

function lastOf(body: BodyPart, understands: (part: BodyPart) => boolean): Selection {
  for (const part of [...body.parts].reverse()) {
    const selection = selectParts(part, understands)
    if (selection.type === 'taken' && selection.parts.length > 0) return selection
  }
  return { type: 'refused', part: body }
}

function eachOf(body: BodyPart, understands: (part: BodyPart) => boolean): Selection {
  const parts: BodyPart[] = []
  for (const part of body.parts) {
    const selection = selectParts(part, understands)
    if (selection.type === 'refused') return selection
    parts.push(...selection.parts)
  }
  return { type: 'taken', parts }
}

// RFC 2387 §3.2: the part that `start` names, or else the first.
function rootOf(body: BodyPart): BodyPart {
  const start = body.type.params.get('start')
  const id = start?.startsWith('<') && start.endsWith('>') ? start.slice(1, -1) : start
  const named = id ? body.parts.find((part) => part.contentId === id) : undefined
  return named ?? (body.parts[0] as BodyPart)
}
