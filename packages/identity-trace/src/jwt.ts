/** A JWT taken apart for display. Decoding proves nothing: whoever needs a proof must verify the signature. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/**
 * Decodes the header and claims of a compact JWS (RFC 7515 §3.1); `undefined` when the text is not one. Only canonical
 * base64url counts, so that one token has one spelling.
 */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const [header, claims, signature, ...rest] = token.split('.')
  if (!header || !claims || !signature || rest.length > 0 || decodeBase64url(signature) === undefined)
    return undefined
  const decodedHeader = decodePart(header)
  const decodedClaims = decodePart(claims)
  return decodedHeader && decodedClaims ? { header: decodedHeader, claims: decodedClaims } : undefined
}

/** The bytes of a base64url text as a binary string; `undefined` where another spelling would give the same bytes (RFC 4648 §3.5). */
function decodeBase64url(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text) || text.length % 4 === 1) return undefined
  const base64 = text.replaceAll('-', '+').replaceAll('_', '/')
  const binary = atob(base64)
  return btoa(binary).replace(/=+$/, '') === base64 ? binary : undefined
}

function decodePart(part: string): Record<string, unknown> | undefined {
  const binary = decodeBase64url(part)
  if (binary === undefined) return undefined
  try {
    const bytes = Uint8Array.from(binary, character => character.charCodeAt(0))
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** The first 12 hex digits of the SHA-256 of a token: enough to tell tokens apart, useless for calling anybody. */
export async function fingerprint(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return Array.from(new Uint8Array(digest, 0, 6), byte => byte.toString(16).padStart(2, '0')).join('')
}

/** The latest NumericDate that is a date: the end of the year 9999. */
const latestSeconds = 253_402_300_799

/** A NumericDate claim (RFC 7519 §2) in seconds since 1970; `undefined` for everything that is not a date from 1970 to 9999. */
export function readNumericDate(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= latestSeconds ? value : undefined
}
