import { createHash } from 'node:crypto'
import type { Clock } from '@entra-agents/emulator-kit'
import { LRUCache } from 'lru-cache'
import { refusal } from '../errors/entra-error.ts'
import { opaqueValue } from '../tokens/opaque.ts'

/** A user's sign-in at an application. */
export interface SignInGrant {
  readonly clientId: string
  readonly userId: string
  readonly sessionId: string
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
  readonly expiresAtSeconds: number
}

const codeLifetimeSeconds = 600
/** Lifetime of refresh tokens of single-page applications; refresh tokens of other applications live longer. */
const refreshLifetimeSeconds = 24 * 3_600

interface Redemption {
  readonly clientId: string
  readonly redirectUri: string
  readonly verifier: string | undefined
}

/** Keeps the issued authorization codes and refresh tokens, even after they have been used or have expired. */
export class Grants {
  readonly #clock: Clock
  readonly #codes = new LRUCache<string, AuthorizationCode>({ max: 1_000 })
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

  /** Redeems a code. It works only once, only for the application that it was issued to, and only with the verifier (RFC 7636). */
  redeemCode(code: string, { clientId, redirectUri, verifier }: Redemption): AuthorizationCode {
    const grant = this.#codes.get(code)
    if (!grant) throw refusal(9002313, { what: 'authorization code' })
    if (grant.clientId !== clientId) throw refusal(700005, { what: 'authorization code' })
    if (grant.isRedeemed) throw refusal(54005)
    if (grant.expiresAtSeconds <= this.#clock.nowSeconds()) throw refusal(70008)
    if (grant.redirectUri !== redirectUri) throw refusal(50011, { uri: redirectUri, client: clientId })
    if (grant.challenge === undefined) throw refusal(9002325)
    if (verifier === undefined) throw refusal(900144, { parameter: 'code_verifier' })
    if (createHash('sha256').update(verifier).digest('base64url') !== grant.challenge) throw refusal(501481)
    grant.isRedeemed = true
    return grant
  }

  issueRefreshToken(grant: SignInGrant): { token: string; expiresInSeconds: number } {
    const token = `1.${opaqueValue(64)}`
    const expiresAtSeconds = this.#clock.nowSeconds() + refreshLifetimeSeconds
    this.#refreshTokens.set(token, { ...grant, expiresAtSeconds })
    return { token, expiresInSeconds: refreshLifetimeSeconds }
  }

  /** Redeems a refresh token, which can be used any number of times until it expires. */
  useRefreshToken(token: string, clientId: string): RefreshToken {
    const grant = this.#refreshTokens.get(token)
    if (!grant) throw refusal(9002313, { what: 'refresh token' })
    if (grant.clientId !== clientId) throw refusal(700005, { what: 'refresh token' })
    if (grant.expiresAtSeconds <= this.#clock.nowSeconds()) throw refusal(700084)
    return grant
  }

  clear(): void {
    this.#codes.clear()
    this.#refreshTokens.clear()
  }
}
