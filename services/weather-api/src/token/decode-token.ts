import { createDecoder, TokenError } from 'fast-jwt'
import { rejectToken } from './bearer.ts'

/** A token taken apart; nothing in it is proven yet. */
export interface DecodedToken {
  readonly keyId: string
  readonly claims: Readonly<Record<string, unknown>>
  /** What the signature is over: the first two parts as they came (RFC 7515 §5.2). */
  readonly signedText: string
  /** base64url */
  readonly signature: string
}

interface CompactJws {
  readonly header: Readonly<Record<string, unknown>>
  readonly payload: Readonly<Record<string, unknown>>
  readonly input: string
  readonly signature: string
}

/** Headers by which a token would bring or point to its own key (RFC 7515 §4.1); Entra sets none of them. */
const ownKeyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

const acceptedTypes = ['jwt', 'at+jwt']

/**
 * Decodes a token whose header is one that Entra writes: RS256, of type JWT, with a key id, without extensions.
 * The header decides nothing but which of the published keys is to be used.
 *
 * @throws {ProblemError} WEATHER_TOKEN_REJECTED
 */
export function decodeToken(token: string): DecodedToken {
  const { header, payload, input, signature } = decodeParts(token)
  const { alg, kid, typ, crit } = header
  if (alg !== 'RS256') throw rejectToken('signature', 'Only tokens signed with RS256 are accepted.')
  if (typeof kid !== 'string' || kid === '') throw rejectToken('signature', 'The token names no key (kid).')
  if (ownKeyHeaders.some(name => header[name] !== undefined))
    throw rejectToken('signature', 'The token brings its own key; only published keys count.')
  if (signature === '') throw rejectToken('signature', 'The token is not signed.')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedTypes.includes(typ.toLowerCase())))
    throw rejectToken('format', 'The token is not of type JWT.')
  if (crit !== undefined)
    throw rejectToken('format', 'The token wants extensions that this API does not know (crit).')
  return { keyId: kid, claims: payload, signedText: input, signature }
}

const decode: (token: string) => CompactJws = createDecoder({ complete: true })

function decodeParts(token: string): CompactJws {
  try {
    return decode(token)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    throw rejectToken('format', 'The token is malformed.', error)
  }
}
