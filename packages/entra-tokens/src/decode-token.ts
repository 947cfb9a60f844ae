import { hash } from 'node:crypto'

export type Claims = Readonly<Record<string, unknown>>

/** A JWT taken apart. Decoding proves nothing: whoever needs a proof must verify the signature. */
export interface DecodedToken {
  readonly header: Claims
  readonly claims: Claims
}

/**
 * Decodes the header and claims of a compact JWS (RFC 7515 §3.1); `undefined` when the text is not one. Only canonical
 * base64url counts, so that one token has one spelling.
 */
export function decodeToken(token: string): DecodedToken | undefined {
  const [header = '', claims = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0 || signature === '' || !isCanonical(signature)) return undefined
  const decodedHeader = decodePart(header)
  const decodedClaims = decodePart(claims)
  return decodedHeader && decodedClaims ? { header: decodedHeader, claims: decodedClaims } : undefined
}

/** Whether a text is the one spelling of its bytes in base64url: other last letters would stand for the same (RFC 4648 §3.5). */
export function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text
}

function decodePart(part: string): Claims | undefined {
  return isCanonical(part) ? parseObject(Buffer.from(part, 'base64url')) : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The JSON object that these bytes are in UTF-8 (RFC 8259); `undefined` for everything else. */
export function parseObject(bytes: Uint8Array): Claims | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined
  } catch {
    return undefined
  }
}

/** The first 12 hex digits of the SHA-256 of a token: enough to tell tokens apart, useless for calling anybody. */
export function fingerprint(token: string): string {
  return hash('sha256', token).slice(0, 12)
}
