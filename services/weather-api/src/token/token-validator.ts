import { verify } from 'node:crypto'
import { promisify } from 'node:util'
import type { TokenConfig } from '../config.ts'
import { rejectToken } from './bearer.ts'
import { checkClaims, type Grant } from './claims.ts'
import { type DecodedToken, decodeToken } from './decode-token.ts'
import type { SigningKeys } from './signing-keys.ts'

const claimChecks = ['issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission'] as const
const allChecks = ['signature', ...claimChecks] as const

export interface ValidatedToken {
  readonly grant: Grant
  readonly signatureVerified: boolean
  /** The checks that were made, in their order. */
  readonly checks: readonly (typeof allChecks)[number][]
}

/** Runs on Node's thread pool: costs no more than on the main thread, and leaves that free for other requests. */
const verifyInBackground = promisify(verify)

/**
 * Decides whether a token may call this API: the signature by Entra's published keys, then every claim.
 * There is no cache of decisions: each request's token is verified anew.
 */
export class TokenValidator {
  readonly #config: TokenConfig
  readonly #keys: SigningKeys
  readonly #now: () => number

  constructor(config: TokenConfig, keys: SigningKeys, now: () => number = Date.now) {
    this.#config = config
    this.#keys = keys
    this.#now = now
  }

  /**
   * @throws {ProblemError} 401 WEATHER_TOKEN_REJECTED, 403 WEATHER_FORBIDDEN or 503 SIGNING_KEYS_UNAVAILABLE
   */
  async validate(token: string): Promise<ValidatedToken> {
    const decoded = decodeToken(token)
    const signatureVerified = this.#config.validateSignature
    if (signatureVerified) await this.#verifySignature(decoded)
    const grant = checkClaims(decoded.claims, this.#config, this.#now() / 1000)
    return { grant, signatureVerified, checks: signatureVerified ? allChecks : claimChecks }
  }

  async #verifySignature({ keyId, signedText, signature }: DecodedToken): Promise<void> {
    const key = await this.#keys.find(keyId)
    if (!key)
      throw rejectToken('signature', 'The token is signed with a key that the issuer does not publish.')
    const signatureBytes = Buffer.from(signature, 'base64url')
    // One spelling only (RFC 4648 §3.5): unused bits in the last character would make many texts of one token.
    const canonical = signatureBytes.toString('base64url') === signature
    const signedBytes = Buffer.from(signedText, 'latin1')
    if (!canonical || !(await verifyInBackground('RSA-SHA256', signedBytes, key, signatureBytes)))
      throw rejectToken('signature', 'The signature is wrong.')
  }
}
