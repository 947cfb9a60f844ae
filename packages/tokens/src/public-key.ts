import { createPublicKey } from 'node:crypto'
import type { JWK } from 'get-jwks'

const shortestModulusBits = 2048
/** FIPS 186-5 §5.1 allows no smaller exponent. With 1 anybody can forge signatures; with 3, signatures that pass a sloppy check. */
const smallestExponent = 65_537n

/** The PEM of an RSA key (RFC 7518 §6.3.1) that is strong enough and published for signatures; `undefined` for other keys. */
export function readPublicKey(jwk: JWK | undefined): string | undefined {
  if (jwk === undefined || !isForSignatures(jwk)) return undefined
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    // Other kinds of keys have no modulus and no exponent.
    const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
    return modulusLength >= shortestModulusBits && publicExponent >= smallestExponent
      ? key.export({ type: 'spki', format: 'pem' }).toString()
      : undefined
  } catch {
    return undefined
  }
}

/** Whether a key is published for signatures; a missing `use` or `key_ops` allows it (RFC 7517 §4.2, §4.3). */
function isForSignatures({ use = 'sig', key_ops: operations = ['verify'] }: JWK): boolean {
  return use === 'sig' && Array.isArray(operations) && operations.includes('verify')
}
