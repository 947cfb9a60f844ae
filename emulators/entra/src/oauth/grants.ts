import { createHash } from 'node:crypto'
import type { Clock } from '@entra-agents/emulator-kit'
import { LRUCache } from 'lru-cache'
import type { Platform } from '../directory/objects.ts'
import { refusal } from '../errors/entra-error.ts'
import { opaqueValue } from '../tokens/opaque.ts'

/** A user's sign-in at an application. */
export interface SignInGrant {
  readonly clientId: string
  readonly userId: string
  readonly sessionId: string
  /** Where the application's redirect URI is registered, which decides how it redeems codes and refresh tokens. */
  readonly platform: Platform
  /** The `scope` parameter as it was sent. */
  readonly scope: string
}

export interface AuthorizationCode extends SignInGrant {
  readonly redirectUri: string
  readonly nonce: string | undefined
  /** Authentication contexts that the access token has to prove. */
  readonly contexts: readonly string[]
  /** The S256 challenge of RFC 7636. */
  readonly challenge: string | undefined
  readonly expiresAtSeconds: number
  isRedeemed: boolean
}

export interface RefreshToken extends SignInGrant {
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
}

const codeLifetimeSeconds = 600
const daySeconds = 24 * 3_600
const refreshLifetimeSeconds = {
  spa: daySeconds,
  web: 90 * daySeconds,
  publicClient: 90 * daySeconds,
} as const

/** Keeps the issued authorization codes and refresh tokens, even after they have been used or have expired. */
export class Grants {
  readonly #clock: Clock
  readonly #codes = new LRUCache<string, AuthorizationCode>({ max: 1_000 })
  readonly #revokedUntilSeconds = new Map<string, number>()
  readonly #refreshTokens = new LRUCache<string, RefreshToken>({ max: 10_000 })

  constructor(clock: Clock) {
    this.#clock = clock
  }

  issueCode(grant: Omit<AuthorizationCode, 'expiresAtSeconds' | 'isRedeemed'>): string {
    const code = `1.${opaqueValue(48)}`
    const expiresAtSeconds = this.#clock.nowSeconds() + codeLifetimeSeconds
    this.#codes.set(code, { ...grant, expiresAtSeconds, isRedeemed: false })
    return code
  }

  findCode(code: string, clientId: string): AuthorizationCode {
    return requireOwn('authorization code', this.#codes.get(code), clientId)
  }

  /** Redeems a code, which works only once and only with the verifier (RFC 7636). A single-page application needs one. */
  redeemCode(grant: AuthorizationCode, redirectUri: string, verifier: string | undefined): void {
    const { challenge, clientId, platform } = grant
    if (grant.isRedeemed) throw refusal(54005)
    if (grant.expiresAtSeconds <= this.#clock.nowSeconds()) throw refusal(70008)
    if (grant.redirectUri !== redirectUri) throw refusal(50011, { uri: redirectUri, client: clientId })
    if (challenge === undefined && platform === 'spa') throw refusal(9002325)
    if (challenge !== undefined && verifier === undefined)
      throw refusal(900144, { parameter: 'code_verifier' })
    if (challenge !== undefined && challengeOf(verifier) !== challenge) throw refusal(501481)
    grant.isRedeemed = true
  }

  issueRefreshToken(grant: SignInGrant): { token: string; expiresInSeconds: number } {
    const token = `1.${opaqueValue(64)}`
    const expiresInSeconds = refreshLifetimeSeconds[grant.platform]
    const issuedAtSeconds = this.#clock.nowSeconds()
    const expiresAtSeconds = issuedAtSeconds + expiresInSeconds
    this.#refreshTokens.set(token, { ...grant, issuedAtSeconds, expiresAtSeconds })
    return { token, expiresInSeconds }
  }

  findRefreshToken(token: string, clientId: string): RefreshToken {
    return requireOwn('refresh token', this.#refreshTokens.get(token), clientId)
  }

  /** Makes all refresh tokens of a user useless that were issued until now. */
  revoke(userId: string): void {
    this.#revokedUntilSeconds.set(userId, this.#clock.nowSeconds())
  }

  /** Refuses a refresh token that was revoked or has expired; until then it can be used any number of times. */
  checkRefreshToken({ platform, userId, issuedAtSeconds, expiresAtSeconds }: RefreshToken): void {
    if (issuedAtSeconds <= (this.#revokedUntilSeconds.get(userId) ?? 0)) throw refusal(50173)
    if (expiresAtSeconds <= this.#clock.nowSeconds()) throw refusal(platform === 'spa' ? 700084 : 700082)
  }

  clear(): void {
    this.#codes.clear()
    this.#refreshTokens.clear()
    this.#revokedUntilSeconds.clear()
  }
}

function requireOwn<Grant extends SignInGrant>(what: string, grant: Grant | undefined, clientId: string) {
  if (!grant) throw refusal(9002313, { what })
  if (grant.clientId !== clientId) throw refusal(700005, { what })
  return grant
}

function challengeOf(verifier = ''): string {
  return createHash('sha256').update(verifier).digest('base64url')
}
