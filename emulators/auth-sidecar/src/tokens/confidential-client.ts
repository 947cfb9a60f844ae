import type { Clock } from '../clock.ts'
import type { ClientCredential, FormField } from '../credentials/credential.ts'
import type { EntraConnection, TraceContext } from '../entra/connection.ts'
import type { TokenGrant } from '../entra/responses.ts'
import type { CachedToken, TokenCache } from './token-cache.ts'
import type { User } from './token-request.ts'

/** What requests of all grant types have in common. */
export interface TokenQuery {
  readonly tenant: string
  readonly scopes: readonly string[]
  /** Whether to ask Entra even if there is a token in the cache. */
  readonly bypassCache: boolean
  /** A claims request, as JSON text. */
  readonly claims: string | undefined
  readonly trace: TraceContext
}

export interface ClientIdentity {
  readonly clientId: string
  /** Separates this client's tokens in the cache from those of a client with the same id but another credential. */
  readonly cacheKey: string
  readonly credential: (query: TokenQuery) => Promise<ClientCredential>
}

export interface ClientServices {
  readonly entra: EntraConnection
  readonly cache: TokenCache
  readonly clock: Clock
}

/** OpenID Connect scopes that MSAL adds to every request for a user's token. */
const reservedScopes = ['offline_access', 'openid', 'profile']

/** MSAL's confidential client: acquires and caches tokens of one application. */
export class ConfidentialClient {
  readonly #identity: ClientIdentity
  readonly #services: ClientServices

  constructor(identity: ClientIdentity, services: ClientServices) {
    this.#identity = identity
    this.#services = services
  }

  /** A token for the application itself (RFC 6749 §4.4). Instance discovery happens only when the cache has none. */
  async acquireForApp(query: TokenQuery, fmiPath?: string): Promise<CachedToken> {
    return this.#cachedOrNew(`app|${fmiPath ?? ''}`, query, async () => {
      await this.#services.entra.discoverInstance(query.tenant, query.trace)
      return this.#request(query, query.scopes.join(' '), [
        ['grant_type', 'client_credentials'],
        ['client_info', '2'],
        ...(fmiPath === undefined ? [] : ([['fmi_path', fmiPath]] as const)),
      ])
    })
  }

  /** A token on behalf of a user. */
  async acquireOnBehalfOf(query: TokenQuery, { token, tokenHash, claims }: User): Promise<CachedToken> {
    await this.#services.entra.discoverInstance(query.tenant, query.trace)
    const { oid, tid } = claims
    // Entra's routing hint.
    const headers = oid && tid ? { 'x-anchormailbox': `oid:${oid}@${tid}` } : undefined
    return this.#cachedOrNew(`obo|${tokenHash}`, query, async () => {
      const fields = [
        ['client_info', '1'],
        ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
        ['assertion', token],
        ['requested_token_use', 'on_behalf_of'],
      ] as const
      return this.#request(query, withReservedScopes(query.scopes), fields, headers)
    })
  }

  /** A token for the agent's own user account, with a federated credential instead of a password. */
  async acquireForAgentUser(
    query: TokenQuery,
    account: FormField,
    acquireInstanceToken: () => Promise<CachedToken>,
  ): Promise<CachedToken> {
    return this.#cachedOrNew(`agent-user|${account.join('=')}`, query, async () => {
      const { accessToken } = await acquireInstanceToken()
      return this.#request(query, withReservedScopes(query.scopes), [
        ['client_info', '1'],
        ['grant_type', 'user_fic'],
        account,
        ['user_federated_identity_credential', accessToken],
      ])
    })
  }

  async #cachedOrNew(
    subject: string,
    { tenant, scopes, bypassCache }: TokenQuery,
    renew: () => Promise<TokenGrant>,
  ): Promise<CachedToken> {
    const { cache, clock } = this.#services
    const partition = `${this.#identity.cacheKey}|${tenant}|${subject}`
    const renewAndStore = async () => {
      const token = toCachedToken(await renew(), scopes, clock.nowMs())
      cache.store(partition, token)
      return token
    }
    const cached = bypassCache ? undefined : cache.find(partition, scopes.map(lowerCase))
    if (!cached) return renewAndStore()
    // Renewed in the background before it expires; a failure shows only when the token has expired.
    if (cached.refreshAtMs !== undefined && cached.refreshAtMs < clock.nowMs()) {
      renewAndStore().catch(() => undefined)
    }
    return cached
  }

  async #request(
    query: TokenQuery,
    scope: string,
    fields: readonly FormField[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TokenGrant> {
    const { clientId } = this.#identity
    const { entra } = this.#services
    const credential = await this.#identity.credential(query)
    const tokenEndpoint = entra.tokenEndpoint(query.tenant)
    const authentication = await credential.authenticate({ clientId, tokenEndpoint })
    const claims: readonly FormField[] = query.claims ? [['claims', query.claims]] : []
    const all: readonly FormField[] = [
      ['client_id', clientId],
      ...authentication,
      ['scope', scope],
      ...claims,
      ...fields,
    ]
    const form = new URLSearchParams(all.map(([name, value]) => [name, value]))
    return entra.requestToken(query.tenant, form, query.trace, headers)
  }
}

function toCachedToken(grant: TokenGrant, requested: readonly string[], nowMs: number): CachedToken {
  const { accessToken, expiresInSeconds, refreshInSeconds, scope } = grant
  return {
    accessToken,
    expiresAtMs: nowMs + expiresInSeconds * 1000,
    refreshAtMs: refreshInSeconds === undefined ? undefined : nowMs + refreshInSeconds * 1000,
    scopes: new Set((scope?.split(' ') ?? requested).map(lowerCase)),
  }
}

/** The scopes with those of OpenID Connect, sorted, each once whatever its case. */
function withReservedScopes(scopes: readonly string[]): string {
  const bySpelling = new Map([...scopes, ...reservedScopes].map(scope => [lowerCase(scope), scope]))
  return [...bySpelling.keys()]
    .sort()
    .map(key => bySpelling.get(key))
    .join(' ')
}

function lowerCase(scope: string): string {
  return scope.toLowerCase()
}
