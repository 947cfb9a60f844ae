import { createHash } from 'node:crypto'
import { compactVerify, type JWTPayload } from 'jose'
import type { Clock } from '../clock.ts'
import { type Jwt, parseJwt, textClaim } from '../jwt.ts'
import type { AzureAdOptions } from '../settings/azure-ad.ts'
import type { User } from '../tokens/token-request.ts'
import { ConfigurationSource, type OpenIdConfiguration, type SigningKey } from './openid-configuration.ts'

/** Why a token is refused: the `error_description` that ASP.NET Core sends, empty if it sends none. */
const tokenFaults = {
  unauthorized: '',
  signature: 'The signature is invalid',
  unknownKey: 'The signature key was not found',
  audience: "The audience '(null)' is invalid",
  issuer: "The issuer '(null)' is invalid",
}

/** Faults that newer keys may cure. */
const curableByNewKeys = [tokenFaults.signature, tokenFaults.unknownKey, tokenFaults.issuer]

const clockSkewSeconds = 300

/** The last second that a .NET date can hold. */
const lastDotNetSecond = 253_402_300_799

/** Validates tokens in the order and with the requests of Microsoft.Identity.Web, which fetches two discovery documents. */
export class TokenValidator {
  readonly #azureAd: AzureAdOptions
  readonly #clock: Clock
  readonly #keys: ConfigurationSource
  readonly #issuerV1: ConfigurationSource
  readonly #issuerV2: ConfigurationSource

  constructor(azureAd: AzureAdOptions, clock: Clock) {
    const authority = `${azureAd.instance}/${azureAd.tenantId}`
    const v2 = `${authority}/v2.0/.well-known/openid-configuration`
    this.#azureAd = azureAd
    this.#clock = clock
    this.#keys = new ConfigurationSource(v2, clock)
    this.#issuerV1 = new ConfigurationSource(`${authority}/.well-known/openid-configuration`, clock)
    this.#issuerV2 = new ConfigurationSource(v2, clock)
  }

  async findFault(jwt: Jwt): Promise<string | undefined> {
    const configuration = await this.#keys.get()
    const fault = await this.#judge(jwt, configuration)
    if (fault && configuration && curableByNewKeys.includes(fault)) this.#keys.requestRefresh()
    return fault
  }

  async #judge(jwt: Jwt, { keys, issuer }: OpenIdConfiguration = { keys: [], issuer: '' }) {
    const { header, claims, text } = jwt
    if (text.endsWith('.')) return tokenFaults.signature
    const named = keys.find(({ kid }) => kid !== undefined && kid === header.kid)
    const key = await findSigner(text, named ? [named] : keys)
    if (!key && named) return tokenFaults.signature
    if (!key) {
      // Other faults of the token are reported before an unknown key: an expired token must not cause a fetch of keys.
      const other = header.kid
        ? (this.#lifetimeFault(claims) ?? (await this.#issuerFault(claims)) ?? this.#audienceFault(claims))
        : undefined
      return other ?? tokenFaults.unknownKey
    }
    if (!mayBeSignedBy(claims, key.issuer, issuer)) return tokenFaults.issuer
    return (
      this.#lifetimeFault(claims) ??
      this.#audienceFault(claims) ??
      (await this.#issuerFault(claims)) ??
      (hasScopeOrRole(claims) ? undefined : tokenFaults.unauthorized)
    )
  }

  #lifetimeFault({ exp, nbf }: JWTPayload): string | undefined {
    const now = this.#clock.nowMs() / 1000
    if (typeof exp !== 'number') return 'The token has no expiration'
    if (typeof nbf === 'number' && nbf > exp)
      return `The token lifetime is invalid; NotBefore: '${dotNetDate(nbf)}', Expires: '${dotNetDate(exp)}'`
    if (typeof nbf === 'number' && nbf > now + clockSkewSeconds)
      return `The token is not valid before '${dotNetDate(nbf)}'`
    return exp < now - clockSkewSeconds ? `The token expired at '${dotNetDate(exp)}'` : undefined
  }

  #audienceFault(claims: JWTPayload): string | undefined {
    const { audiences, clientId } = this.#azureAd
    const byVersion = new Map(Object.entries({ '2.0': clientId, '1.0': `api://${clientId}` }))
    const accepted = audiences ?? [byVersion.get(textClaim(claims, 'ver') ?? '')]
    return [claims.aud].flat().some(audience => audience !== undefined && accepted.includes(audience))
      ? undefined
      : tokenFaults.audience
  }

  async #issuerFault(claims: JWTPayload): Promise<string | undefined> {
    const { iss = '' } = claims
    const tenant = textClaim(claims, 'tid')
    if (!tenant) return tokenFaults.issuer
    const configuration = await (/\/v2\.0\/?$/i.test(iss) ? this.#issuerV2 : this.#issuerV1).get()
    return configuration?.issuer.replace('{tenantid}', tenant) === iss ? undefined : tokenFaults.issuer
  }
}

async function findSigner(token: string, keys: readonly SigningKey[]): Promise<SigningKey | undefined> {
  for (const candidate of keys) {
    if (await compactVerify(token, candidate.key).catch(() => undefined)) return candidate
  }
  return undefined
}

/** Entra publishes with each key the issuer that it belongs to; a key of one tenant must not sign a token of another. */
function mayBeSignedBy(claims: JWTPayload, keyIssuer: string | undefined, issuer: string): boolean {
  if (!keyIssuer) return true
  const tenant = textClaim(claims, 'tid')
  if (!tenant || !claims.iss?.includes(tenant)) return false
  return keyIssuer.replace('{tenantid}', tenant) === issuer.replace('{tenantid}', tenant)
}

function hasScopeOrRole(claims: JWTPayload): boolean {
  const granted = ['scp', 'http://schemas.microsoft.com/identity/claims/scope', 'roles', 'role']
  return granted.some(name => claims[name] !== undefined && [claims[name]].flat().length > 0)
}

/** Seconds since the epoch as a date in UTC, as .NET's invariant culture writes it, such as 11/25/2026 01:18:17. */
function dotNetDate(seconds: number): string {
  const [date = '', time = ''] = new Date(Math.min(Math.max(seconds, 0), lastDotNetSecond) * 1000)
    .toISOString()
    .split('T')
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year} ${time.slice(0, 8)}`
}

export interface Authentication {
  /** The caller, if they sent a valid token. */
  readonly user?: User
  /** Why the token is refused: what the response says about it, which may be nothing. */
  readonly fault?: string
}

/** Checks the token of an Authorization header; other schemes than Bearer count as no token. */
export async function authenticate(authorization: string | undefined, validator: TokenValidator) {
  const token = /^bearer (.*)$/i.exec(authorization ?? '')?.[1]?.trim()
  if (!token) return {}
  const jwt = parseJwt(token)
  if (!jwt) return { fault: '' }
  const fault = await validator.findFault(jwt)
  if (fault !== undefined) return { fault }
  const tokenHash = createHash('sha256').update(token).digest('base64url')
  return { user: { token, tokenHash, claims: jwt.claims } }
}

/** The `WWW-Authenticate` header of a 401 (RFC 6750 §3). */
export function challengeHeader({ fault }: Authentication): string {
  if (fault === undefined) return 'Bearer'
  return `Bearer error="invalid_token"${fault && `, error_description="${fault}"`}`
}
