import type { TokenConfig } from '../config.ts'
import { problem } from '../problems.ts'
import { rejectToken } from './bearer.ts'
import { checkClaims, type Grant } from './claims.ts'
import { readKeyId } from './header.ts'
import { type ReadClaims, readUnverified } from './read-claims.ts'
import { type SigningKeys, SigningKeysUnavailableError } from './signing-keys.ts'

const claimChecks = ['issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission'] as const
const allChecks = ['signature', ...claimChecks] as const

export interface ValidatedToken {
  readonly grant: Grant
  readonly signatureVerified: boolean
  /** The checks that were made, in their order. */
  readonly checks: readonly (typeof allChecks)[number][]
}

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
    const kid = readKeyId(token)
    const signatureVerified = this.#config.validateSignature
    const readClaims = signatureVerified ? await this.#readerFor(kid) : readUnverified
    const grant = checkClaims(readClaims(token), this.#config, this.#now() / 1000)
    return { grant, signatureVerified, checks: signatureVerified ? allChecks : claimChecks }
  }

  async #readerFor(kid: string): Promise<ReadClaims> {
    try {
      const reader = await this.#keys.find(kid)
      if (reader) return reader
      throw rejectToken('signature', 'The token is signed with a key that the issuer does not publish.')
    } catch (error) {
      if (!(error instanceof SigningKeysUnavailableError)) throw error
      throw problem('SIGNING_KEYS_UNAVAILABLE', error.message, {
        cause: error,
        upstream: { service: 'entra' },
        headers: { 'retry-after': '5' },
      })
    }
  }
}
