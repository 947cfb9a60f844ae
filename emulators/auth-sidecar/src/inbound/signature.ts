import { constants, type KeyObject, verify } from 'node:crypto'
import type { Jwt } from './jwt.ts'
import type { OpenIdConfiguration, SigningKey } from './openid-configuration.ts'

/** How a signature stands to the known keys. */
export type SignatureFinding =
  | { readonly kind: 'valid'; readonly key: SigningKey }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'unknown-key'; readonly tokenNamesKey: boolean }

const algorithmPattern = /^(RS|PS|ES)(256|384|512)$/

/** Looks for the key that signed a token: the one it names, or else any. */
export function checkSignature(jwt: Jwt, configuration: OpenIdConfiguration | undefined): SignatureFinding {
  if (jwt.signature.length === 0) return { kind: 'invalid' }
  const { kid } = jwt.header
  const keys = configuration?.keys ?? []
  const named = keys.find(candidate => candidate.kid !== undefined && candidate.kid === kid)
  const key = (named ? [named] : keys).find(candidate => isSignedBy(jwt, candidate.key))
  if (key) return { kind: 'valid', key }
  return named
    ? { kind: 'invalid' }
    : { kind: 'unknown-key', tokenNamesKey: typeof kid === 'string' && kid !== '' }
}

function isSignedBy({ header, signedText, signature }: Jwt, key: KeyObject): boolean {
  const [, family, bits] = algorithmPattern.exec(String(header['alg'])) ?? []
  if (!family || (family === 'ES') !== (key.asymmetricKeyType === 'ec')) return false
  const options = {
    RS: { key },
    PS: { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    ES: { key, dsaEncoding: 'ieee-p1363' },
  } as const
  return verify(`sha${bits}`, Buffer.from(signedText), options[family as keyof typeof options], signature)
}
