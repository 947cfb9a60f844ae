/** A JWT taken apart for display. Decoding proves nothing: whoever needs a proof must verify the signature. */
export interface DecodedJwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
}

/** Decodes the header and claims of a compact JWS (RFC 7515 §3.1); `undefined` when the text is not one. */
export function decodeJwt(token: string): DecodedJwt | undefined {
  const parts = token.split('.')
  const [header, claims] = parts
  if (parts.length !== 3 || !header || !claims) return undefined
  const decodedHeader = decodePart(header)
  const decodedClaims = decodePart(claims)
  return decodedHeader && decodedClaims ? { header: decodedHeader, claims: decodedClaims } : undefined
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = new Uint8Array(binary.length)
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at)
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
