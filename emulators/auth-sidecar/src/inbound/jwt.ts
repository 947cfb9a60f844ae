import { type JsonObject, parseJsonObject } from '../json.ts'

/** A signed JWT (JWS compact serialisation), taken apart but not checked. */
export interface Jwt {
  readonly header: JsonObject
  readonly claims: JsonObject
  readonly signedText: string
  readonly signature: Buffer
}

/** Takes a token apart; `undefined` when it is no JWT with three parts. */
export function parseJwt(token: string): Jwt | undefined {
  const parts = token.split('.')
  const header = decodeSegment(parts[0])
  const claims = decodeSegment(parts[1])
  if (parts.length !== 3 || !header || !claims) return undefined
  return {
    header,
    claims,
    signedText: `${parts[0]}.${parts[1]}`,
    signature: Buffer.from(parts[2] ?? '', 'base64url'),
  }
}

/** The JSON object in one part of a JWT. */
export function decodeSegment(segment: string | undefined): JsonObject | undefined {
  if (!segment || !/^[\w-]+$/.test(segment)) return undefined
  return parseJsonObject(Buffer.from(segment, 'base64url').toString())
}

export function textClaim(claims: JsonObject, name: string): string | undefined {
  const value = claims[name]
  return typeof value === 'string' ? value : undefined
}
