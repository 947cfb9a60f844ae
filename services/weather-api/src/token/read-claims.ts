import { createDecoder, createVerifier, TOKEN_ERROR_CODES, TokenError } from 'fast-jwt'
import { rejectToken } from './bearer.ts'

/**
 * The claims of a token.
 *
 * @throws {ProblemError} WEATHER_TOKEN_REJECTED when it is malformed or its signature does not verify
 */
export type ReadClaims = (token: string) => Readonly<Record<string, unknown>>

/** Reads claims only after their RS256 signature was verified with this key (SPKI, PEM). */
export function verifyingReader(publicKeyPem: string): ReadClaims {
  // Lifetimes are checked with the other claims, so that they are checked alike when signatures are not.
  const verify = createVerifier({
    key: publicKeyPem,
    algorithms: ['RS256'],
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  return token => translateErrors(verify, token)
}

const decode = createDecoder()

/** Reads claims without verifying anything: only for `VALIDATE_TOKEN_SIGNATURE=false`. */
export const readUnverified: ReadClaims = token => translateErrors(decode, token)

function translateErrors(read: ReadClaims, token: string): Readonly<Record<string, unknown>> {
  try {
    return read(token)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    const { malformed, invalidPayload } = TOKEN_ERROR_CODES
    throw error.code === malformed || error.code === invalidPayload
      ? rejectToken('format', 'The token is malformed.', error)
      : rejectToken('signature', 'The signature is wrong.', error)
  }
}
