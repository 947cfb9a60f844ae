import { setImmediate } from 'node:timers/promises'
import { createVerifier, TokenError } from 'fast-jwt'
import { createChecks, publicAuthority, type TokenRules } from './checks.ts'
import { type DecodedToken, decodeToken, isCanonicalBase64url } from './decode-token.ts'
import { hasRepeatedNames } from './repeated-names.ts'
import { SigningKeys, type Verify } from './signing-keys.ts'
import { readKeyId } from './token-header.ts'
import { type CheckName, isTokenRefused, TokenRefused } from './token-refused.ts'

export interface TokenVerifierOptions extends TokenRules {
  /** `false`: signatures are not verified. */
  readonly verifySignature?: boolean
  /** Gets a warning when keys cannot be fetched. */
  readonly log: { warn(fields: object, message: string): void }
}

/** A verified token for this API. */
export interface VerifiedToken extends DecodedToken {
  /** The checks that were made; all of them passed. */
  readonly checks: readonly CheckName[]
}

export interface TokenVerifier {
  /**
   * Verifies a token; results are not cached.
   *
   * @throws {TokenRefused} when the token is not genuine, not for this API, expired or not valid yet
   * @throws {SigningKeysUnavailable} when the keys cannot be fetched
   */
  verify(token: string): Promise<VerifiedToken>
  close(): Promise<void>
}

/**
 * Creates a verifier of the access tokens that a tenant issues for one API. Keys are fetched when the first token is
 * verified.
 *
 * @throws {TypeError} when tenant or API are no GUIDs
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { authority = publicAuthority, tenantId, appId, log } = options
  const verifySignature = options.verifySignature !== false
  for (const [name, id] of Object.entries({ tenantId, appId }))
    if (!guidPattern.test(String(id)))
      throw new TypeError(`${name} must be a GUID in small letters, and is ${id}.`)
  const keys = new SigningKeys({ issuer: `${authority}/${tenantId}`, log, createVerifier: createKeyVerifier })
  const find = verifySignature ? (keyId: string) => keys.find(keyId) : async () => decodeUnverified
  const checks = createChecks(options)
  return {
    async verify(token) {
      const passed: CheckName[] = []
      try {
        const decoded = await verifyWithKey(token, find)
        if (verifySignature) passed.push('signature')
        requireOneReading(token, decoded)
        for (const { name, inspect } of checks) {
          inspect(decoded.claims)
          passed.push(name)
        }
        return { ...decoded, checks: passed }
      } catch (error) {
        if (isTokenRefused(error)) error.passed = passed
        throw error
      }
    },
    close: () => keys.close(),
  }
}

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Refuses what Entra never issues and parsers read differently: a name twice in one object, and claims of the wrong type that
 * no other check reads.
 *
 * @throws {TokenRefused}
 */
function requireOneReading(token: string, { claims }: DecodedToken): void {
  for (const part of token.split('.', 2))
    if (hasRepeatedNames(Buffer.from(part, 'base64url').toString()))
      throw new TokenRefused('format', 'The token names a claim or a header twice.')
  for (const name of ['sub', 'jti'])
    if (claims[name] !== undefined && typeof claims[name] !== 'string')
      throw new TokenRefused('format', `The claim ${name} is not a text.`)
}

async function verifyWithKey(
  token: string,
  find: (keyId: string) => Promise<Verify | undefined>,
): Promise<DecodedToken> {
  const verify = await find(readKeyId(token))
  if (!verify)
    throw new TokenRefused('signature', 'The token is signed with a key that the issuer does not publish.')
  const decoded = verify(token)
  // Requests that arrive together are verified one after another before any of them is served: under load a request then
  // takes half the time, since the same code stays in the processor's caches.
  await setImmediate()
  return decoded
}

/** Creates the verifier for one key. It parses the key once; a fast-jwt verifier with a key callback parses it for every token. */
export function createKeyVerifier(publicKey: string): Verify {
  const verify = createVerifier({
    key: publicKey,
    algorithms: ['RS256'],
    complete: true,
    // fast-jwt accepts any number as a time, so the times are checked with the other claims instead.
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  return token => {
    // Without this check, unused bits in the last character would allow several spellings of one token (RFC 4648 §3.5).
    if (!isCanonicalBase64url(token.slice(token.lastIndexOf('.') + 1)))
      throw new TokenRefused('signature', 'The token is cut off: its signature is no base64url.')
    try {
      const { header, payload } = verify(token)
      return { header, claims: payload }
    } catch (error) {
      const { code } = error as Partial<TokenError>
      const description = malformedTexts.get(code)
      throw description === undefined
        ? new TokenRefused('signature', 'The signature is wrong.')
        : new TokenRefused('format', description)
    }
  }
}

function decodeUnverified(token: string): DecodedToken {
  const decoded = decodeToken(token)
  if (!decoded) throw new TokenRefused('format', 'The token is malformed.')
  return decoded
}

/** Errors of fast-jwt that mean a malformed token; all others mean a wrong signature. */
const malformedTexts = new Map<unknown, string>([
  [TokenError.codes.malformed, 'The token is malformed.'],
  [TokenError.codes.invalidPayload, 'The claims of the token are no JSON object.'],
])
