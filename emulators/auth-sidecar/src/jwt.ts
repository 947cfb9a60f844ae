import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'

export type Jwt = NonNullable<ReturnType<typeof parseJwt>>

/** Decodes a JWT, without verifying its signature. */
export function parseJwt(text: string) {
  try {
    return { text, header: decodeProtectedHeader(text), claims: decodeJwt(text) }
  } catch {
    return undefined
  }
}

export function textClaim(claims: JWTPayload, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' ? value : undefined
}
