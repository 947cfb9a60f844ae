import { rejectToken } from './bearer.ts'

/** Headers by which a token would bring or point to its own key (RFC 7515 §4.1); Entra sets none of them. */
const ownKeyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

const acceptedTypes = ['jwt', 'at+jwt']

/**
 * The key id of a token, if its header is one that Entra writes: RS256, of type JWT, with a key id, without
 * extensions. Nothing in it is trusted for more than choosing among the published keys.
 *
 * @throws {ProblemError} WEATHER_TOKEN_REJECTED
 */
export function readKeyId(token: string): string {
  const header = parseHeader(token.slice(0, token.indexOf('.')))
  if (header['alg'] !== 'RS256') throw rejectToken('signature', 'Only tokens signed with RS256 are accepted.')
  const { kid, typ } = header
  if (typeof kid !== 'string' || kid === '') throw rejectToken('signature', 'The token names no key (kid).')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedTypes.includes(typ.toLowerCase())))
    throw rejectToken('format', 'The token is not of type JWT.')
  if (header['crit'] !== undefined)
    throw rejectToken('format', 'The token wants extensions that this API does not know (crit).')
  if (ownKeyHeaders.some(name => header[name] !== undefined))
    throw rejectToken('signature', 'The token brings its own key; only published keys count.')
  return kid
}

function parseHeader(part: string): Readonly<Record<string, unknown>> {
  let header: unknown
  try {
    header = JSON.parse(Buffer.from(part, 'base64url').toString())
  } catch (error) {
    throw rejectToken('format', 'The token header is not JSON.', error)
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw rejectToken('format', 'The token header is not a JSON object.')
  return header as Record<string, unknown>
}
