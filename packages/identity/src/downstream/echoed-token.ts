import { mayHoldSecret, redactText } from '@entra-agents/trace'

/** How deep a body may nest before the recursion ends: deeper than any API's response. */
const maxDepth = 100
const maxSearchedCharacters = 1_000_000
/**
 * The texts of a body are cut into pieces of `length` characters, one from every `step`-th character on, and each is looked up
 * in the signatures. So every echo of 19 characters (`length` + `step` - 1) holds a whole piece.
 */
const searched = { length: 12, step: 8 } as const
/** Entra's signatures are longer. */
const minSignatureCharacters = 40

/** Plain words, which need no search. Most texts of a response match this; a piece of a signature hardly ever does. */
const plainWords = /^[a-z_ .,-]{4,}$/

/** A copy of a body with token-like texts redacted; the body itself if it has none, since copying takes longer than the check. */
export function redactBody(value: unknown): unknown {
  return mayNeedRedaction(value) ? redact(value) : value
}

function mayNeedRedaction(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return mayHoldSecret(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false
  if (depth > maxDepth) return true
  for (const [name, inner] of Object.entries(value)) {
    if (mayHoldSecret(name) || mayNeedRedaction(inner, depth + 1)) return true
  }
  return false
}

function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (depth > maxDepth) return '‹too deep›'
  if (Array.isArray(value)) return value.map(inner => redact(inner, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [redactText(name), redact(inner, depth + 1)]),
  )
}

/**
 * Whether a body holds a part of one of these tokens, as it is or percent-encoded; separators between its characters do not
 * hide it. Only signatures are searched for: claims are no secret, and without its signature a token is useless.
 */
export function holdsToken(body: unknown, tokens: readonly string[]): boolean {
  return searchFor(tokens)(body)
}

/** The same as a function, for a body that comes in many pieces: the tokens are prepared once. */
export function searchFor(tokens: readonly string[]): (body: unknown) => boolean {
  const signatures = tokens
    .map(token => token.split('.')[2] ?? '')
    .filter(({ length }) => length >= minSignatureCharacters)
  if (signatures.length === 0) return () => false
  const secrets = new Set(signatures.flatMap(signature => piecesOf(signature, 1)))
  return body => {
    const texts = readTexts(body)
    const forms = texts.includes('%') ? [texts, decodePercents(texts)] : [texts]
    return forms.some(form => piecesOf(form, searched.step).some(piece => secrets.has(piece)))
  }
}

/** The pieces of a text's letters and digits, without the separators that an echo may put between them. */
function piecesOf(text: string, step: number): string[] {
  const characters = text.replace(/[^A-Za-z0-9]+/g, '')
  const pieces: string[] = []
  for (let at = 0; at + searched.length <= characters.length; at += step)
    pieces.push(characters.slice(at, at + searched.length))
  return pieces
}

function decodePercents(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

function isSearched(text: string): boolean {
  return !plainWords.test(text)
}

/**
 * The texts of a body in one string, without plain words. All values come before all names, so that a token that is
 * split over several values is found.
 */
function readTexts(body: unknown): string {
  const values: string[] = []
  const names: string[] = []
  const open: unknown[] = [body]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value === 'string' && isSearched(value)) values.push(value)
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue
    if (!Array.isArray(value)) names.push(...Object.keys(value).filter(isSearched))
    open.push(...Object.values(value).reverse())
  }
  return [...values, ...names].join('').slice(0, maxSearchedCharacters)
}
