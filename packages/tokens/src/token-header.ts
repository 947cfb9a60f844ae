import { parseObject } from './decode-token.ts'
import { TokenRefused } from './token-refused.ts'

/** Headers by which a token contains or links to its own key (RFC 7515 §4.1); Entra never sets them. */
const embeddedKeyHeaders = ['jku', 'jwk', 'x5u', 'x5c']

/**
 * The form of key ids that issuers publish: characters that need no escaping in a URL (RFC 3986 §2.3), as in Entra's key
 * ids. Key ids of any other form are not looked up.
 */
const keyIdForm = /^[\w.~-]{1,128}$/

const acceptedTokenTypes = ['jwt', 'at+jwt']

/**
 * Reads the key id from a token's header, which must be as Entra writes it: RS256, type JWT, no extensions. The header only
 * selects one of the published keys.
 *
 * @throws {TokenRefused}
 */
export function readKeyId(token: string): string {
  const [part = ''] = token.split('.', 1)
  const header = parseObject(Buffer.from(part, 'base64url'))
  if (header === undefined) throw new TokenRefused('format', 'The token is malformed.')
  const { alg, kid, typ, crit } = header
  if (alg !== 'RS256') throw new TokenRefused('signature', 'Only tokens signed with RS256 are accepted.')
  if (typeof kid !== 'string' || kid === '')
    throw new TokenRefused('signature', 'The token names no key (kid).')
  if (!keyIdForm.test(kid))
    throw new TokenRefused('signature', 'The token names a key that no issuer publishes (kid).')
  if (embeddedKeyHeaders.some(name => header[name] !== undefined))
    throw new TokenRefused('signature', 'The token brings its own key; only published keys count.')
  if (typ !== undefined && !(typeof typ === 'string' && acceptedTokenTypes.includes(typ.toLowerCase())))
    throw new TokenRefused('format', 'The token is not of type JWT.')
  if (crit !== undefined)
    throw new TokenRefused('format', 'The token wants extensions that this API does not know (crit).')
  return kid
}
