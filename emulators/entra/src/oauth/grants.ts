import { hash, randomInt } from 'node:crypto'
import type { Clock } from '@entra-agents/emulator-kit'
import { LRUCache } from 'lru-cache'
import type { Platform } from '../directory/objects.ts'
import { refusal } from '../errors/entra-error.ts'
import { opaqueValue } from '../tokens/opaque.ts'

/** What a client was issued. It is kept even after it was used or has expired. */
interface Issued {
  readonly clientId: string
  /** The `scope` parameter as it was sent. */
  readonly scope: string
  readonly issuedAtSeconds: number
  readonly expiresAtSeconds: number
}

/** A user's sign-in at an application. */
interface SignIn extends Issued {
  readonly userId: string
  readonly sessionId: string
  /** Where the application's redirect URI is registered, which decides how it redeems codes and refresh tokens. */
  readonly platform: Platform
}

export interface AuthorizationCode extends SignIn {
  readonly redirectUri: string
  readonly nonce: string | undefined
  /** Authentication contexts that the access token has to prove. */
  readonly contexts: readonly string[]
  /** The S256 challenge of RFC 7636. */
  readonly challenge: string | undefined
  isRedeemed?: true
}

/** A device's request to let a user sign in at another one (RFC 8628). */
export interface DeviceCode extends Issued {
  /** What the user types. */
  readonly userCode: string
  /** Who signed in; `declined` if the user refused, absent while nobody has answered. */
  answer?: { readonly userId: string } | 'declined'
}

type New<Grant extends Issued> = Omit<Grant, 'issuedAtSeconds' | 'expiresAtSeconds'>

const codeLifetimeSeconds = 600
export const deviceCodeLifetimeSeconds = 900
const daySeconds = 24 * 3_600
const refreshLifetimeSeconds = { spa: daySeconds, web: 90 * daySeconds, publicClient: 90 * daySeconds }
const letters = 'BCDFGHJKLMNPQRSTVWXYZ23456789'

/** The issued authorization codes, device codes and refresh tokens, by their values. */
export class Grants {
  readonly #clock: Clock
  readonly #codes = new LRUCache<string, AuthorizationCode>({ max: 1_000 })
  readonly #deviceCodes = new LRUCache<string, DeviceCode>({ max: 1_000 })
  readonly #refreshTokens = new LRUCache<string, SignIn>({ max: 10_000 })
  readonly #revokedUntilSeconds = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  issueCode(grant: New<AuthorizationCode>): string {
    return this.#issue(this.#codes, `1.${opaqueValue(48)}`, grant, codeLifetimeSeconds)
  }

  findCode(code: string, clientId: string): AuthorizationCode {
    return requireOwn('authorization code', this.#codes.get(code), clientId)
  }

  /** Redeems a code, which works only once and only with the verifier (RFC 7636). A single-page application needs one. */
  redeemCode(grant: AuthorizationCode, redirectUri: string, verifier: string | undefined): void {
    const { challenge, clientId, platform } = grant
    if (grant.isRedeemed) throw refusal(54005)
    if (this.#hasExpired(grant)) throw refusal(70008)
    if (grant.redirectUri !== redirectUri) throw refusal(50011, { uri: redirectUri, client: clientId })
    if (challenge === undefined && platform === 'spa') throw refusal(9002325)
    if (challenge !== undefined && verifier === undefined)
      throw refusal(900144, { parameter: 'code_verifier' })
    const proof = hash('sha256', verifier ?? '', 'base64url')
    if (challenge !== undefined && proof !== challenge) throw refusal(501481)
    grant.isRedeemed = true
  }

  issueRefreshToken(grant: New<SignIn>): { token: string; expiresInSeconds: number } {
    const expiresInSeconds = refreshLifetimeSeconds[grant.platform]
    const token = this.#issue(this.#refreshTokens, `1.${opaqueValue(64)}`, grant, expiresInSeconds)
    return { token, expiresInSeconds }
  }

  findRefreshToken(token: string, clientId: string): SignIn {
    return requireOwn('refresh token', this.#refreshTokens.get(token), clientId)
  }

  /** Makes all refresh tokens of a user useless that were issued until now. */
  revoke(userId: string): void {
    this.#revokedUntilSeconds.set(userId, this.#clock.nowSeconds())
  }

  /** Refuses a refresh token that was revoked or has expired; until then it can be used any number of times. */
  checkRefreshToken(grant: SignIn): void {
    const { platform, userId, issuedAtSeconds } = grant
    if (issuedAtSeconds <= (this.#revokedUntilSeconds.get(userId) ?? 0)) throw refusal(50173)
    if (this.#hasExpired(grant)) throw refusal(platform === 'spa' ? 700084 : 700082)
  }

  issueDeviceCode(clientId: string, scope: string): { deviceCode: string; userCode: string } {
    const userCode = Array.from({ length: 9 }, () => letters[randomInt(letters.length)]).join('')
    const grant = { clientId, scope, userCode }
    return {
      deviceCode: this.#issue(this.#deviceCodes, opaqueValue(48), grant, deviceCodeLifetimeSeconds),
      userCode,
    }
  }

  /** The device that waits for the user who types this code, if there is one. */
  waitingDevice(userCode: string): DeviceCode | undefined {
    const wanted = userCode.trim().toUpperCase()
    return this.#deviceCodes.find(one => one.userCode === wanted && !one.answer && !this.#hasExpired(one))
  }

  /** Redeems a device's code, once a user has signed in; until then, throws the refusal that says why not. */
  redeemDeviceCode(deviceCode: string, clientId: string): { userId: string; scope: string } {
    const grant = this.#deviceCodes.get(deviceCode)
    if (grant?.clientId !== clientId) throw refusal(70018)
    if (grant.answer === 'declined') throw refusal(65004, {}, { error: 'authorization_declined' })
    if (this.#hasExpired(grant)) throw refusal(70019)
    if (!grant.answer) throw refusal(70016)
    this.#deviceCodes.delete(deviceCode)
    return { ...grant.answer, scope: grant.scope }
  }

  clear(): void {
    for (const kept of [this.#codes, this.#deviceCodes, this.#refreshTokens, this.#revokedUntilSeconds])
      kept.clear()
  }

  #issue<Grant extends Issued>(
    kept: LRUCache<string, Grant>,
    value: string,
    grant: New<Grant>,
    lifetimeSeconds: number,
  ) {
    const issuedAtSeconds = this.#clock.nowSeconds()
    kept.set(value, {
      ...grant,
      issuedAtSeconds,
      expiresAtSeconds: issuedAtSeconds + lifetimeSeconds,
    } as Grant)
    return value
  }

  #hasExpired({ expiresAtSeconds }: Issued): boolean {
    return expiresAtSeconds <= this.#clock.nowSeconds()
  }
}

function requireOwn<Grant extends Issued>(what: string, grant: Grant | undefined, clientId: string): Grant {
  if (!grant) throw refusal(9002313, { what })
  if (grant.clientId !== clientId) throw refusal(700005, { what })
  return grant
}
