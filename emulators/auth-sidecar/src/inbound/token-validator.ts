import type { Clock } from '../clock.ts'
import type { JsonObject } from '../json.ts'
import { type Jwt, parseJwt, textClaim } from './jwt.ts'
import {
  ConfigurationSource,
  type DocumentRetriever,
  type OpenIdConfiguration,
} from './openid-configuration.ts'
import { checkSignature } from './signature.ts'
import { describeLifetimeFault } from './token-lifetime.ts'

export interface ValidationRules {
  /** `https://…/{tenant}` without a trailing slash. */
  readonly authority: string
  readonly clientId: string
  /** Replaces the rule by token version when set. */
  readonly audiences: readonly string[] | undefined
  /** Whether a token must name a scope or a role. */
  readonly requireScopeOrRole: boolean
}

/** What is wrong with a token, in the words of ASP.NET Core's `error_description`; without words it stays vague. */
export interface TokenFault {
  readonly description: string | undefined
}

export type TokenVerdict =
  | { readonly claims: JsonObject; readonly fault?: undefined }
  | { readonly fault: TokenFault }

const faults = {
  unreadable: { description: undefined },
  unauthorized: { description: undefined },
  signature: { description: 'The signature is invalid' },
  unknownKey: { description: 'The signature key was not found' },
  audience: { description: "The audience '(null)' is invalid" },
  issuer: { description: "The issuer '(null)' is invalid" },
} as const satisfies Record<string, TokenFault>

/** What may be cured by newer keys. */
const curable = new Set<TokenFault>([faults.signature, faults.unknownKey, faults.issuer])

/**
 * Judges tokens for the blueprint as Microsoft.Identity.Web does, in the same order and with the same requests:
 * signature, owner of the key, lifetime, audience, issuer, and last whether anything is granted at all. Tokens and
 * issuers have configurations of their own, hence discovery is fetched twice before the first verdict.
 */
export class TokenValidator {
  readonly #rules: ValidationRules
  readonly #clock: Clock
  readonly #keys: ConfigurationSource
  readonly #issuerV1: ConfigurationSource
  readonly #issuerV2: ConfigurationSource

  constructor(rules: ValidationRules, retriever: DocumentRetriever, clock: Clock) {
    this.#rules = rules
    this.#clock = clock
    const v1 = `${rules.authority}/.well-known/openid-configuration`
    const v2 = `${rules.authority}/v2.0/.well-known/openid-configuration`
    this.#keys = new ConfigurationSource(v2, retriever, clock)
    this.#issuerV1 = new ConfigurationSource(v1, retriever, clock)
    this.#issuerV2 = new ConfigurationSource(v2, retriever, clock)
  }

  async validate(token: string): Promise<TokenVerdict> {
    const jwt = parseJwt(token)
    if (!jwt) return { fault: faults.unreadable }
    const configuration = await this.#keys.get().catch(() => undefined)
    const fault = await this.#findFault(jwt, configuration)
    if (!fault) return { claims: jwt.claims }
    if (configuration && curable.has(fault)) this.#keys.requestRefresh()
    return { fault }
  }

  async #findFault(
    jwt: Jwt,
    configuration: OpenIdConfiguration | undefined,
  ): Promise<TokenFault | undefined> {
    const finding = checkSignature(jwt, configuration)
    if (finding.kind === 'invalid') return faults.signature
    if (finding.kind === 'unknown-key') {
      // A token that is wrong anyway is not worth new keys.
      const other = finding.tokenNamesKey
        ? (this.#lifetimeFault(jwt) ?? (await this.#issuerFault(jwt)) ?? this.#audienceFault(jwt))
        : undefined
      return other ?? faults.unknownKey
    }
    if (!mayBeSignedBy(jwt, finding.key.issuer, configuration?.issuer)) return faults.issuer
    return (
      this.#lifetimeFault(jwt) ??
      this.#audienceFault(jwt) ??
      (await this.#issuerFault(jwt)) ??
      (this.#rules.requireScopeOrRole && !grantsAnything(jwt.claims) ? faults.unauthorized : undefined)
    )
  }

  #lifetimeFault({ claims }: Jwt): TokenFault | undefined {
    const description = describeLifetimeFault(claims, this.#clock.now())
    return description === undefined ? undefined : { description }
  }

  #audienceFault({ claims }: Jwt): TokenFault | undefined {
    const { audiences, clientId } = this.#rules
    const byVersion = { '2.0': [clientId], '1.0': [`api://${clientId}`] }
    const version = textClaim(claims, 'ver')
    const accepted = audiences ?? (version === '2.0' || version === '1.0' ? byVersion[version] : [])
    const claimed = [claims['aud']].flat()
    return accepted.some(audience => claimed.includes(audience)) ? undefined : faults.audience
  }

  async #issuerFault({ claims }: Jwt): Promise<TokenFault | undefined> {
    const issuer = textClaim(claims, 'iss') ?? ''
    const tenant = textClaim(claims, 'tid')
    if (!tenant) return faults.issuer
    const source = /\/v2\.0\/?$/i.test(issuer) ? this.#issuerV2 : this.#issuerV1
    const expected = await source.get().then(
      configuration => configuration.issuer.replace('{tenantid}', tenant),
      () => undefined,
    )
    return expected === issuer ? undefined : faults.issuer
  }
}

/** Entra's keys name the issuer they belong to; a key of one tenant must not vouch for a token of another. */
function mayBeSignedBy(
  { claims }: Jwt,
  keyIssuer: string | undefined,
  configuredIssuer: string | undefined,
): boolean {
  if (!keyIssuer) return true
  const tenant = textClaim(claims, 'tid')
  if (!tenant || !textClaim(claims, 'iss')?.includes(tenant)) return false
  return keyIssuer.replace('{tenantid}', tenant) === configuredIssuer?.replace('{tenantid}', tenant)
}

function grantsAnything(claims: JsonObject): boolean {
  const granted = ['scp', 'http://schemas.microsoft.com/identity/claims/scope', 'roles', 'role']
  return granted.some(name => [claims[name]].flat().length > 0 && claims[name] !== undefined)
}
