import { setImmediate } from 'node:timers/promises'
import { createVerifier, TokenError } from 'fast-jwt'
import { type Check, createChecks, publicAuthority, type TokenRules } from './checks.ts'
import { type Claims, type DecodedToken, decodeToken, isCanonical } from './decode-token.ts'
import { SigningKeys, type Verify } from './signing-keys.ts'
import { readKeyId } from './token-header.ts'
import { type CheckName, TokenRefused } from './token-refused.ts'

export interface TokenVerifierOptions extends TokenRules {
  /** `false` = whatever a token says is believed. Default: `true`. */
  readonly verifySignature?: boolean
  /** Hears of keys that could not be fetched. */
  readonly log: { warn(fields: object, message: string): void }
}

/** A token that Entra made for this API. */
export interface VerifiedToken extends DecodedToken {
  /** The checks that were made; all of them passed. */
  readonly checks: readonly CheckName[]
}

export interface TokenVerifier {
  /**
   * There is no cache of decisions: each token is verified anew.
   *
   * @throws {TokenRefused} when the token is not genuine, not for this API, or not of this time
   * @throws {SigningKeysUnavailable} when that cannot be found out now
   */
  verify(token: string): Promise<VerifiedToken>
  close(): Promise<void>
}

/**
 * Makes a verifier of the access tokens that a tenant issues for one API. It fetches keys when the first token comes.
 *
 * @throws {TypeError} when tenant or API are not named by their GUIDs: no token could pass
 */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { authority = publicAuthority, tenantId, appId, verifySignature = true, log } = options
  for (const [name, id] of Object.entries({ tenantId, appId }))
    if (!guid.test(String(id))) throw new TypeError(`${name} must be a GUID in small letters, and is ${id}.`)
  const keys = new SigningKeys({ issuer: `${authority}/${tenantId}`, log, createVerifier: createKeyVerifier })
  const find = verifySignature ? (keyId: string) => keys.find(keyId) : async () => decodeUnverified
  const signature: readonly CheckName[] = verifySignature ? ['signature'] : []
  const checks = createChecks(options)
  return {
    verify: async token => {
      const decoded = await decodeGenuine(token, find)
      return { ...decoded, checks: [...signature, ...passChecks(decoded.claims, checks)] }
    },
    close: () => keys.close(),
  }
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** @throws {TokenRefused} */
function passChecks(claims: Claims, checks: readonly Check[]): readonly CheckName[] {
  return checks.map(({ name, inspect }) => {
    inspect(claims)
    return name
  })
}

async function decodeGenuine(
  token: string,
  find: (keyId: string) => Promise<Verify | undefined>,
): Promise<DecodedToken> {
  const verify = await find(readKeyId(token))
  if (!verify)
    throw new TokenRefused('signature', 'The token is signed with a key that the issuer does not publish.')
  const decoded = verify(token)
  // So that tokens which came together are verified in a row, and their requests served in a row: under load the same
  // code, still in the processor's caches, takes about half the time for each.
  await setImmediate()
  return decoded
}

/** Makes the verifier for one key, which it parses once; a verifier that asks for its key parses it for every token. */
export function createKeyVerifier(publicKey: string): Verify {
  const verify = createVerifier({
    key: publicKey,
    algorithms: ['RS256'],
    complete: true,
    // Times are checked with the other claims, since fast-jwt takes every number for one.
    ignoreExpiration: true,
    ignoreNotBefore: true,
  })
  return token => {
    // One spelling only (RFC 4648 §3.5): unused bits in the last character would make many texts of one token.
    if (!isCanonical(token.slice(token.lastIndexOf('.') + 1)))
      throw new TokenRefused('signature', 'The signature is not spelt as RFC 4648 wants it.')
    try {
      const { header, payload } = verify(token)
      return { header, claims: payload }
    } catch (error) {
      throw describeFailure(error)
    }
  }
}

function decodeUnverified(token: string): DecodedToken {
  const decoded = decodeToken(token)
  if (!decoded) throw new TokenRefused('format', 'The token is malformed.')
  return decoded
}

/** What fast-jwt complains of and is not listed here is the signature. */
const malformed = new Map<unknown, string>([
  [TokenError.codes.malformed, 'The token is malformed.'],
  [TokenError.codes.invalidPayload, 'The claims of the token are no JSON object.'],
])

function describeFailure(error: unknown): TokenRefused {
  const description = malformed.get(error instanceof TokenError ? error.code : undefined)
  return description === undefined
    ? new TokenRefused('signature', 'The signature is wrong.')
    : new TokenRefused('format', description)
}
