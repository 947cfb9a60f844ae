import { createDecoder } from 'fast-jwt'
import { rejectToken } from './refusals.ts'

export type Claims = Readonly<Record<string, unknown>>

/** A token taken apart; nothing in it is proven yet. */
export interface DecodedToken {
  readonly keyId: string
  readonly claims: Claims
}

/** Headers by which a token would bring or point to its own key (RFC 7515 §4.1); Entra sets none of them. */
const ownKeyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

/** The last second of the year 9999. */
const latestTime = 253_402_300_799

const acceptedTypes = ['jwt', 'at+jwt']

const decode: (token: string) => { header: Claims; payload: Claims; signature: string } = createDecoder({
  complete: true,
})

/**
 * Decodes a bearer token that is written as Entra writes them: RS256, of type JWT, with a key id, without extensions,
 * with times that are dates, not bound to a key of the client. The header decides nothing but which of the published keys is to be used.
 *
 * @throws {ProblemError} WEATHER_TOKEN_REJECTED
 */
export function decodeToken(token: string): DecodedToken {
  const { header, payload, signature } = decodeParts(token)
  const { alg, kid, typ, crit } = header
  if (alg !== 'RS256') throw rejectToken('signature', 'Only tokens signed with RS256 are accepted.')
  if (typeof kid !== 'string' || kid === '') throw rejectToken('signature', 'The token names no key (kid).')
  if (ownKeyHeaders.some(name => header[name] !== undefined))
    throw rejectToken('signature', 'The token brings its own key; only published keys count.')
  // One spelling only (RFC 4648 §3.5): unused bits in the last character would make many texts of one token.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature)
    throw rejectToken('signature', 'The signature is not spelt as RFC 4648 wants it.')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedTypes.includes(typ.toLowerCase())))
    throw rejectToken('format', 'The token is not of type JWT.')
  if (crit !== undefined)
    throw rejectToken('format', 'The token wants extensions that this API does not know (crit).')
  if (payload['cnf'] !== undefined)
    throw rejectToken('format', 'The token is bound to a key of its client (cnf), so it is no bearer token.')
  refuseUnusableTimes(payload)
  return { keyId: kid, claims: payload }
}

/** fast-jwt takes every number for a time, also those that no date can hold. */
function refuseUnusableTimes({ exp, nbf, iat }: Claims): void {
  if (!isTime(exp)) throw rejectToken('lifetime', 'The token has no usable expiry time (exp).')
  if ((nbf !== undefined && !isTime(nbf)) || (iat !== undefined && !isTime(iat)))
    throw rejectToken('lifetime', 'The token has an unusable start time (nbf or iat).')
}

/** A NumericDate (RFC 7519 §2) in whole seconds, from 1970 to 9999. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= latestTime
}

function decodeParts(token: string) {
  try {
    return decode(token)
  } catch {
    throw rejectToken('format', 'The token is malformed.')
  }
}
