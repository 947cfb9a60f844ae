import { redactText } from '@entra-bedrock-agent/identity-trace'

/** Deeper than any API means it; a walk through it must not exhaust the stack. */
const maxDepth = 100
const maxSearched = 1_000_000
const longText = 8_000
/** Parts of a signature that are as long are found wherever they begin: `length` + `step` - 1 characters. */
const window = { length: 12, step: 8 }
/** Shorter ones are no signatures that Entra makes. */
const shortestSignature = 40

/** A body without what looks like a token. */
export function redactBody(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  if (depth > maxDepth) return '‹too deep›'
  if (Array.isArray(value)) return value.map(inner => redactBody(inner, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [redactText(name), redactBody(inner, depth + 1)]),
  )
}

/**
 * Whether a body holds a part of one of these tokens: as it is, in pieces, backwards, or in base64, hexadecimal digits or
 * percent-encoding. It looks for the signature: claims are no secret, and without its signature a token is none.
 */
export function holdsToken(body: unknown, tokens: readonly string[]): boolean {
  const forms = tokens.flatMap(token => describeForms(token.split('.')[2] ?? ''))
  if (forms.length === 0) return false
  const texts = readTexts(body)
  const asHex = forms.map(({ hex }) => hex).join('.')
  const asText = forms.map(({ text }) => text).join('.')
  return (
    finds(asText, readAlphanumerics(texts), 1) ||
    finds(asText, readAlphanumerics(decodePercents(texts)), 1) ||
    finds(asHex, readHex(texts), 2)
  )
}

/** The forms of a signature, without what an echo may have between its characters. */
function describeForms(signature: string): readonly { text: string; hex: string }[] {
  if (signature.length < shortestSignature) return []
  const bytes = Buffer.from(signature)
  // Base64 depends on how many bytes are before; its first and last digits also hold bits of the neighbours.
  const inBase64 = [0, 1, 2].map(before =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(4, -4),
  )
  const plain = readAlphanumerics(signature)
  return [
    {
      text: [plain, [...plain].reverse().join(''), ...inBase64.map(readAlphanumerics)].join('.'),
      hex: [bytes.toString('hex'), Buffer.from(signature, 'base64url').toString('hex')].join('.'),
    },
  ]
}

function finds(forms: string, text: string, charactersOfOne: number): boolean {
  const length = window.length * charactersOfOne
  const step = window.step * charactersOfOne
  const isPart = text.length > longText ? indexParts(forms, length) : (part: string) => forms.includes(part)
  for (let at = 0; at + length <= text.length; at += step) {
    if (isPart(text.slice(at, at + length))) return true
  }
  return false
}

/** Takes as long to make as searching some thousand characters without it. */
function indexParts(forms: string, length: number): (part: string) => boolean {
  const parts = new Set<string>()
  for (let at = 0; at + length <= forms.length; at += 1) parts.add(forms.slice(at, at + length))
  return part => parts.has(part)
}

function readAlphanumerics(text: string): string {
  return text.replace(/[^A-Za-z0-9]+/g, '')
}

/** The digits of `%65`, `0x65`, `\x65` and `\u0065` too. */
function readHex(text: string): string {
  return text.toLowerCase().replace(/0x|\\u00|[^0-9a-f]+/g, '')
}

function decodePercents(text: string): string {
  if (!text.includes('%')) return ''
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_match, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** All texts of a body as one: values first, so that the names between them do not part what belongs together. */
function readTexts(body: unknown): string {
  const values: string[] = []
  const names: string[] = []
  const open: unknown[] = [body]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value === 'string') values.push(value)
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) continue
    if (!Array.isArray(value)) names.push(...Object.keys(value))
    open.push(...Object.values(value).reverse())
  }
  return [...values, ...names].join('').slice(0, maxSearched)
}
