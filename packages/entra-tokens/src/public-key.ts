import { createPublicKey } from 'node:crypto'
import type { JWK } from 'get-jwks'

const shortestModulusBits = 2048
/** FIPS 186-5 §5.1 allows none below. With 1 anybody can write a signature, and 3 forgives checks that are not exact. */
const smallestExponent = 65_537n

/** The PEM of an RSA key (RFC 7518 §6.3.1) that is strong enough and published for signatures; `undefined` for every other. */
export function readPublicKey(jwk: JWK | undefined): string | undefined {
  if (jwk === undefined || !isForSignatures(jwk)) return undefined
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    // Only RSA keys have both.
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
    return modulusLength >= shortestModulusBits && publicExponent >= smallestExponent
      ? key.export({ type: 'spki', format: 'pem' }).toString()
      : undefined
  } catch {
    return undefined
  }
}

/** What a key does not say (RFC 7517 §4.2 and §4.3) it allows. */
function isForSignatures({ use = 'sig', key_ops: operations = ['verify'] }: JWK): boolean {
  return use === 'sig' && Array.isArray(operations) && operations.includes('verify')
}
