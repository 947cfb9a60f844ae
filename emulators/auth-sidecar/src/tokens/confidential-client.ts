import type { Clock } from '../clock.ts'
import type { ClientCredential } from '../credentials/credential.ts'
import type { EntraConnection, TraceContext } from '../entra/connection.ts'
import type { TokenGrant } from '../entra/token-endpoint.ts'
import type { CachedToken, TokenCache } from './token-cache.ts'

/** What both grants have in common. */
export interface TokenQuery {
  readonly tenant: string
  readonly scopes: readonly string[]
  readonly forceRefresh: boolean
  readonly claims: string | undefined
  readonly trace: TraceContext
}

export interface AppTokenQuery extends TokenQuery {
  readonly fmiPath: string | undefined
}

export interface OnBehalfOfQuery extends TokenQuery {
  /** Tc as it came in. */
  readonly assertion: string
  /** SHA-256 of the assertion, base64url: what the cache knows it by. */
  readonly assertionHash: string
  /** Oid and tid of the person, for Entra's routing hint. */
  readonly person: { readonly oid: string; readonly tid: string } | undefined
}

const onBehalfOfGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const reservedScopes = ['offline_access', 'openid', 'profile']

/** One application towards Entra, as MSAL's confidential client: it acquires tokens and remembers them. */
export class ConfidentialClient {
  readonly clientId: string
  readonly #credential: ClientCredential
  readonly #entra: EntraConnection
  readonly #cache: TokenCache
  readonly #clock: Clock

  constructor(
    clientId: string,
    credential: ClientCredential,
    shared: { readonly entra: EntraConnection; readonly cache: TokenCache; readonly clock: Clock },
  ) {
    this.clientId = clientId
    this.#credential = credential
    this.#entra = shared.entra
    this.#cache = shared.cache
    this.#clock = shared.clock
  }

  /** A token for the application itself (OAuth 2.0 client credentials). */
  async acquireForApp(query: AppTokenQuery): Promise<string> {
    const partition = `app|${this.clientId}|${query.tenant}|${query.fmiPath ?? ''}`
    await this.#entra.discoverInstance(query.tenant, query.trace)
    return this.#cachedOrNew(partition, query, async () =>
      this.#request(query, [
        ['scope', query.scopes.join(' ')],
        ...(query.claims ? ([['claims', query.claims]] as const) : []),
        ['grant_type', 'client_credentials'],
        ['client_info', '2'],
        ...(query.fmiPath ? ([['fmi_path', query.fmiPath]] as const) : []),
      ]),
    )
  }

  /** A token for the application on behalf of the person in the assertion. */
  async acquireOnBehalfOf(query: OnBehalfOfQuery): Promise<string> {
    const partition = `obo|${this.clientId}|${query.tenant}|${query.assertionHash}`
    await this.#entra.discoverInstance(query.tenant, query.trace)
    return this.#cachedOrNew(partition, query, async () =>
      this.#request(
        query,
        [
          ['scope', withReservedScopes(query.scopes)],
          ...(query.claims ? ([['claims', query.claims]] as const) : []),
          ['client_info', '1'],
          ['grant_type', onBehalfOfGrant],
          ['assertion', query.assertion],
          ['requested_token_use', 'on_behalf_of'],
        ],
        query.person ? { 'x-anchormailbox': `Oid:${query.person.oid}@${query.person.tid}` } : {},
      ),
    )
  }

  async #cachedOrNew(
    partition: string,
    query: TokenQuery,
    renew: () => Promise<TokenGrant>,
  ): Promise<string> {
    if (!query.forceRefresh && !query.claims) {
      const cached = this.#cache.find(partition, query.scopes.map(lowerCase))
      if (cached) return cached.accessToken
    }
    const grant = await renew()
    this.#cache.store(partition, this.#toCached(grant, query.scopes))
    return grant.accessToken
  }

  #toCached(grant: TokenGrant, requested: readonly string[]): CachedToken {
    const now = this.#clock.now()
    const scopes = grant.scope?.split(' ') ?? requested
    return {
      accessToken: grant.accessToken,
      expiresAtMs: now + grant.expiresInSeconds * 1000,
      refreshAtMs: grant.refreshInSeconds === undefined ? undefined : now + grant.refreshInSeconds * 1000,
      scopes: new Set(scopes.map(lowerCase)),
    }
  }

  async #request(
    query: TokenQuery,
    fields: readonly (readonly [string, string])[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TokenGrant> {
    const credential = await this.#credential.authenticate({
      clientId: this.clientId,
      tenant: query.tenant,
      tokenEndpoint: this.#entra.tokenEndpoint(query.tenant),
      trace: query.trace,
    })
    const form = new URLSearchParams()
    for (const [name, value] of [['client_id', this.clientId] as const, ...credential, ...fields]) {
      form.append(name, value)
    }
    return this.#entra.requestToken(query.tenant, form, query.trace, headers)
  }
}

function withReservedScopes(scopes: readonly string[]): string {
  return [...new Set([...scopes, ...reservedScopes])]
    .sort((a, b) => a.localeCompare(b, 'en', { sensitivity: 'accent' }))
    .join(' ')
}

function lowerCase(scope: string): string {
  return scope.toLowerCase()
}
