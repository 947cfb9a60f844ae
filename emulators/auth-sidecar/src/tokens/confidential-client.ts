import type { Clock } from '../clock.ts'
import type { ClientCredential, FormFields } from '../credentials/credential.ts'
import type { EntraConnection, TraceContext } from '../entra/connection.ts'
import { EntraRefusalError, type TokenGrant } from '../entra/responses.ts'
import { type CachedToken, type TokenCache, toCachedToken } from './token-cache.ts'
import type { AgentAccount, User } from './token-request.ts'

export interface TokenQuery {
  readonly tenant: string
  readonly scopes: readonly string[]
  /** Whether to ask Entra even if there is a token in the cache. */
  readonly bypassCache: boolean
  /** A claims request. Entra gets any text unchanged, but blank text is not sent. */
  readonly claims: string | undefined
  readonly trace: TraceContext
}

/** An application, and what its tokens are got with. */
export interface ClientOptions {
  readonly clientId: string
  /** Separates this client's tokens in the cache from those of a client with the same id but another credential. */
  readonly cacheKey: string
  readonly credential: (query: TokenQuery) => Promise<ClientCredential>
  readonly entra: EntraConnection
  readonly cache: TokenCache
  readonly clock: Clock
}

/** OpenID Connect scopes that MSAL adds to every request for a user's token. */
const reservedScopes = ['offline_access', 'openid', 'profile']

const emptyGuid = '00000000-0000-0000-0000-000000000000'

/** MSAL's confidential client: acquires and caches tokens of one application. */
export class ConfidentialClient {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** A token for the application itself (RFC 6749 §4.4). Instance discovery happens only if the cache has no token. */
  async acquireForApp(query: TokenQuery, fmiPath?: string): Promise<CachedToken> {
    return this.#cachedOrNew(`app|${fmiPath ?? ''}`, query, async () => {
      await this.#options.entra.discoverInstance(query.tenant, query.trace)
      const fields = { grant_type: 'client_credentials', client_info: '2' }
      const agent = fmiPath === undefined ? {} : { fmi_path: fmiPath }
      return this.#request(query, query.scopes.join(' '), { ...fields, ...agent })
    })
  }

  /** A token on behalf of a user. */
  async acquireOnBehalfOf(query: TokenQuery, { token, tokenHash, claims }: User): Promise<CachedToken> {
    await this.#options.entra.discoverInstance(query.tenant, query.trace)
    const { oid, tid } = claims
    // A hint for Entra's routing.
    const headers = oid && tid ? { 'x-anchormailbox': `oid:${oid}@${tid}` } : undefined
    const grant = { client_info: '1', grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer' }
    const fields = { ...grant, assertion: token, requested_token_use: 'on_behalf_of' }
    return this.#cachedOrNew(`obo|${tokenHash}`, query, () =>
      this.#request(query, withReservedScopes(query.scopes), fields, headers),
    )
  }

  /** A token for the agent's own user account: by the cached refresh token if Entra accepts it, else by T2 in place of a password. */
  async acquireForAgentUser(
    query: TokenQuery,
    [field, value]: AgentAccount,
    acquireT2: () => Promise<CachedToken>,
  ): Promise<CachedToken> {
    const subject = `agent-user|${field}=${value.toUpperCase()}`
    const renew = async () => {
      const refreshed = query.bypassCache ? undefined : await this.#refresh(subject, query)
      if (refreshed) return refreshed
      const { accessToken: t2 } = await acquireT2()
      if (value === emptyGuid) throw new Error('MSAL takes no empty GUID.')
      const hint = field === 'user_id' ? `oid:${value}@${query.tenant}` : `upn:${value}`
      const grant = { grant_type: 'user_fic', user_federated_identity_credential: t2 }
      const scope = ['openid offline_access profile', ...query.scopes].join(' ')
      const fields = { ...grant, [field]: value, client_info: '1' }
      return this.#request(query, scope, fields, { 'x-anchormailbox': hint })
    }
    // MSAL finds an account only by its refresh token, so a token that comes without a refresh token is not cached.
    return this.#cachedOrNew(subject, query, renew, ({ refreshToken }) => refreshToken !== undefined)
  }

  /** Redeems the cached refresh token. `undefined` if there is none, or if the user would have to sign in again. */
  async #refresh(subject: string, query: TokenQuery): Promise<TokenGrant | undefined> {
    const refreshToken = this.#options.cache.refreshToken(this.#partition(subject, query))
    if (refreshToken === undefined) return undefined
    try {
      const fields = { client_info: '1', grant_type: 'refresh_token', refresh_token: refreshToken }
      const grant = await this.#request(query, withReservedScopes(query.scopes), fields)
      return { ...grant, refreshToken: grant.refreshToken ?? refreshToken }
    } catch (error) {
      if (error instanceof EntraRefusalError && error.needsInteraction) return undefined
      throw error
    }
  }

  #partition(subject: string, { tenant }: TokenQuery): string {
    return `${this.#options.cacheKey}|${tenant}|${subject}`
  }

  async #cachedOrNew(
    subject: string,
    query: TokenQuery,
    renew: () => Promise<TokenGrant>,
    isKept: (token: CachedToken) => boolean = () => true,
  ): Promise<CachedToken> {
    const { cache, clock } = this.#options
    const { scopes, bypassCache } = query
    const partition = this.#partition(subject, query)
    const renewAndStore = async () => {
      const token = toCachedToken(await renew(), scopes, clock.nowMs())
      if (isKept(token)) cache.store(partition, token)
      return token
    }
    const cached = bypassCache ? undefined : cache.find(partition, scopes.map(lowerCase))
    if (!cached) return renewAndStore()
    // Renews the token in the background before it expires. A failed renewal shows only once the token has expired.
    if (cached.refreshAtMs !== undefined && cached.refreshAtMs < clock.nowMs()) {
      renewAndStore().catch(() => undefined)
    }
    return cached
  }

  async #request(
    query: TokenQuery,
    scope: string,
    fields: FormFields,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TokenGrant> {
    const { clientId, credential, entra } = this.#options
    const authenticate = await credential(query)
    const authentication = await authenticate({ clientId, tokenEndpoint: entra.tokenEndpoint(query.tenant) })
    const claims: FormFields = query.claims?.trim() ? { claims: query.claims } : {}
    const form = { client_id: clientId, ...authentication, scope, ...claims, ...fields }
    return entra.requestToken(query.tenant, new URLSearchParams(form), query.trace, headers)
  }
}

/** The given scopes and those of OpenID Connect, sorted. Of scopes that differ only in case, one is sent. */
function withReservedScopes(scopes: readonly string[]): string {
  const bySpelling = new Map([...scopes, ...reservedScopes].map(scope => [lowerCase(scope), scope]))
  const sorted = [...bySpelling.keys()].sort()
  return sorted.map(key => bySpelling.get(key)).join(' ')
}

function lowerCase(scope: string): string {
  return scope.toLowerCase()
}
