import { rejectToken } from './refusals.ts'

export type Claims = Readonly<Record<string, unknown>>

/** Headers by which a token would bring or point to its own key (RFC 7515 §4.1); Entra sets none of them. */
const ownKeyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

/**
 * What Entra's key ids are made of, and what else needs no escaping in a URL (RFC 3986 §2.3). Any other key id is that of
 * no published key, so that nobody has to be asked for it.
 */
const keyIdForm = /^[\w.~-]{1,128}$/

const acceptedTypes = ['jwt', 'at+jwt']

/**
 * Reads which key a token names, in a header as Entra writes them: RS256, of type JWT, without extensions. The header
 * decides nothing but which of the published keys is to be used.
 *
 * @throws {ProblemError} WEATHER_TOKEN_REJECTED
 */
export function readKeyId(token: string): string {
  const header = parseHeader(token)
  const { alg, kid, typ, crit } = header
  if (alg !== 'RS256') throw rejectToken('signature', 'Only tokens signed with RS256 are accepted.')
  if (typeof kid !== 'string' || kid === '') throw rejectToken('signature', 'The token names no key (kid).')
  if (!keyIdForm.test(kid))
    throw rejectToken('signature', 'The token names a key that no issuer publishes (kid).')
  if (ownKeyHeaders.some(name => header[name] !== undefined))
    throw rejectToken('signature', 'The token brings its own key; only published keys count.')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedTypes.includes(typ.toLowerCase())))
    throw rejectToken('format', 'The token is not of type JWT.')
  if (crit !== undefined)
    throw rejectToken('format', 'The token wants extensions that this API does not know (crit).')
  return kid
}

function parseHeader(token: string): Claims {
  try {
    const [part = ''] = token.split('.', 1)
    const header: unknown = JSON.parse(Buffer.from(part, 'base64url').toString())
    if (header !== null && typeof header === 'object' && !Array.isArray(header)) return header as Claims
  } catch {
    // Told below.
  }
  throw rejectToken('format', 'The token is malformed.')
}
