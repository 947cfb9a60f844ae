import { type Claims, parseObject } from './decode-token.ts'
import { TokenRefused } from './token-refused.ts'

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
 * @throws {TokenRefused}
 */
export function readKeyId(token: string): string {
  const header = readHeader(token)
  const { alg, kid, typ, crit } = header
  if (alg !== 'RS256') throw new TokenRefused('signature', 'Only tokens signed with RS256 are accepted.')
  if (typeof kid !== 'string' || kid === '')
    throw new TokenRefused('signature', 'The token names no key (kid).')
  if (!keyIdForm.test(kid))
    throw new TokenRefused('signature', 'The token names a key that no issuer publishes (kid).')
  if (ownKeyHeaders.some(name => header[name] !== undefined))
    throw new TokenRefused('signature', 'The token brings its own key; only published keys count.')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedTypes.includes(typ.toLowerCase())))
    throw new TokenRefused('format', 'The token is not of type JWT.')
  if (crit !== undefined)
    throw new TokenRefused('format', 'The token wants extensions that this API does not know (crit).')
  return kid
}

function readHeader(token: string): Claims {
  const [part = ''] = token.split('.', 1)
  const header = parseObject(Buffer.from(part, 'base64url'))
  if (header === undefined) throw new TokenRefused('format', 'The token is malformed.')
  return header
}
