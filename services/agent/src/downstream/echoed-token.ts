import { mayHoldSecret, redactText } from '@entra-bedrock-agent/identity-trace'

/** How deep a body may nest before the recursion ends: deeper than any API's response. */
const maxDepth = 100
const maxSearchedCharacters = 1_000_000
const maxCandidatesWithoutIndex = 1_000
/**
 * The pieces of a body that are searched for in the signatures: each has `length` characters, and a piece begins at every
 * `step`-th character. So every echo of 19 characters (`length` + `step` - 1) contains a whole piece.
 */
const searchWindow: { readonly length: number; readonly step: number } = { length: 12, step: 8 }
/** Entra's signatures are longer. */
const minSignatureCharacters = 40

/** About seven in eight fragments of a signature have a capital, a small letter and a digit; fragments of words hardly ever do. */
const mixedCharacters = /^(?=.*[0-9])(?=.*[A-Z])(?=.*[a-z])/
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
 * Whether a body holds a part of one of these tokens: as it is, in pieces, backwards, or in base64, hexadecimal digits or
 * percent-encoding. Only signatures are searched for: claims are no secret, and without its signature a token is useless.
 */
export function holdsToken(body: unknown, tokens: readonly string[]): boolean {
  const signatures = tokens
    .map(token => token.slice(token.lastIndexOf('.') + 1))
    .filter(({ length }) => length >= minSignatureCharacters)
  if (signatures.length === 0) return false
  const texts = readTexts(body)
  const parts = partsOf(readAlphanumerics(texts), searchWindow)
  if (texts.includes('%')) parts.push(...partsOf(readAlphanumerics(decodePercents(texts)), searchWindow))
  const candidates = parts.filter(part => mixedCharacters.test(part))
  const hexCandidates = partsOf(readHexDigits(texts), {
    length: 2 * searchWindow.length,
    step: 2 * searchWindow.step,
  })
  return (
    (candidates.length > 0 && containsCandidate(signatures.map(textForms).join('.'), candidates)) ||
    (hexCandidates.length > 0 && containsCandidate(signatures.map(hexForms).join('.'), hexCandidates))
  )
}

/** A signature as it is, backwards and in base64, without the separators that an echo may put between its characters. */
function textForms(signature: string): string {
  const characters = readAlphanumerics(signature)
  const backwards = Buffer.from(characters, 'latin1').reverse().toString('latin1')
  // In a text that is encoded in base64, a signature has one of three forms, by its offset modulo 3. The characters of a
  // signature never give + or /, so its forms in base64url are the same.
  const inBase64 = ['', ' ', '  '].map(before => btoa(before + signature))
  return [characters, backwards, ...inBase64].join('.')
}

/** A signature in hexadecimal digits, twice: its characters, and the bytes that it encodes. */
function hexForms(signature: string): string {
  return `${Buffer.from(signature).toString('hex')}.${Buffer.from(signature, 'base64url').toString('hex')}`
}

function partsOf(text: string, { length, step }: typeof searchWindow): string[] {
  const parts: string[] = []
  for (let at = 0; at + length <= text.length; at += step) parts.push(text.slice(at, at + length))
  return parts
}

/** Whether a form contains a candidate. For many candidates an index is built, which takes as long as some hundred searches. */
function containsCandidate(forms: string, candidates: readonly string[]): boolean {
  if (candidates.length <= maxCandidatesWithoutIndex)
    return candidates.some(candidate => forms.includes(candidate))
  const { length = 0 } = candidates[0] ?? {}
  const indexed = new Set(partsOf(forms, { length, step: 1 }))
  return candidates.some(candidate => indexed.has(candidate))
}

function readAlphanumerics(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, '')
}

/** All hexadecimal digits of a text. Of `0x65`, `\x65`, `\u0065` and `%65` only `65` is left. */
function readHexDigits(text: string): string {
  return text.toLowerCase().replace(/0x|\\u00|[^0-9a-f]+/g, '')
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
