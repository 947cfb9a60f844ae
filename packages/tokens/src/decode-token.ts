import { hash } from 'node:crypto'
import { parseJsonObject } from '@entra-agents/service-kit'

export type Claims = Readonly<Record<string, unknown>>

/** A decoded JWT. Its claims cannot be trusted before its signature has been verified. */
export interface DecodedToken {
  readonly header: Claims
  readonly claims: Claims
}

/** Decodes header and claims of a compact JWS (RFC 7515 §3.1); `undefined` for other texts, and for base64url that is not canonical. */
export function decodeToken(token: string): DecodedToken | undefined {
  const [header = '', claims = '', signature = '', ...rest] = token.split('.')
  if (rest.length > 0 || signature === '' || !isCanonicalBase64url(signature)) return undefined
  const decodedHeader = decodePart(header)
  const decodedClaims = decodePart(claims)
  return decodedHeader && decodedClaims ? { header: decodedHeader, claims: decodedClaims } : undefined
}

/** Whether a text is the canonical base64url of its bytes: its unused last bits are zero (RFC 4648 §3.5). */
export function isCanonicalBase64url(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text
}

function decodePart(part: string): Claims | undefined {
  return isCanonicalBase64url(part) ? parseObject(Buffer.from(part, 'base64url')) : undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Parses a JSON object in UTF-8 (RFC 8259); `undefined` for anything else. */
export function parseObject(bytes: Uint8Array): Claims | undefined {
  try {
    return parseJsonObject(utf8.decode(bytes))
  } catch {
    return undefined
  }
}

/** The first 12 hex digits of the SHA-256 of a token: they identify it without revealing it. */
export function fingerprint(token: string): string {
  return hash('sha256', token).slice(0, 12)
}
