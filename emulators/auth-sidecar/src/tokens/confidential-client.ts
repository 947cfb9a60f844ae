import type { Clock } from '../clock.ts'
import type { ClientCredential, FormField } from '../credentials/credential.ts'
import type { EntraConnection } from '../entra/connection.ts'
import type { TokenGrant } from '../entra/token-endpoint.ts'
import type { TraceContext } from '../entra/trace.ts'
import { UnusableRequestError } from './failures.ts'
import type { CachedToken, TokenCache } from './token-cache.ts'

/** What every grant has in common. */
export interface TokenQuery {
  readonly tenant: string
  readonly scopes: readonly string[]
  /** Whether to ask Entra even if there is a token in the cache. */
  readonly bypassCache: boolean
  /** A claims request, as JSON text. */
  readonly claims: string | undefined
  readonly trace: TraceContext
}

export interface AppTokenQuery extends TokenQuery {
  readonly fmiPath: string | undefined
}

export interface OnBehalfOfQuery extends TokenQuery {
  /** Tc as it came in. */
  readonly assertion: string
  /** What the cache knows the assertion by. */
  readonly assertionHash: string
  /** `oid:…@…` of the person, Entra's routing hint. */
  readonly routingHint: string | undefined
}

export interface AgentUserQuery extends TokenQuery {
  /** `username` or `user_id` with its value. */
  readonly user: FormField
  /** Gets the agent's own token for the exchange. */
  readonly instanceToken: () => Promise<string>
}

export interface ClientIdentity {
  readonly clientId: string
  /** What keeps this client's tokens apart from those of a client with the same id but another credential. */
  readonly cacheKey: string
  readonly credential: (query: TokenQuery) => Promise<ClientCredential>
}

export interface ClientServices {
  readonly entra: EntraConnection
  readonly cache: TokenCache
  readonly clock: Clock
}

export interface SessionQuery extends TokenQuery {
  /** What the tokens of a long-running process are kept under. */
  readonly sessionKey: string
}

/** Scopes of OpenID Connect that go along with every request for a person. */
const reservedScopes = ['offline_access', 'openid', 'profile']

/** One application towards Entra, as MSAL's confidential client: it acquires tokens and remembers them. */
export class ConfidentialClient {
  readonly #identity: ClientIdentity
  readonly #services: ClientServices

  constructor(identity: ClientIdentity, services: ClientServices) {
    this.#identity = identity
    this.#services = services
  }

  /** A token for the application itself (RFC 6749 §4.4). The authority is looked up only when Entra must be asked. */
  async acquireForApp(query: AppTokenQuery): Promise<CachedToken> {
    const partition = this.#partition('app', query, query.fmiPath ?? '')
    return this.#cachedOrNew(partition, query, async () => {
      await this.#services.entra.discoverInstance(query.tenant, query.trace)
      return this.#request(query, query.scopes.join(' '), [
        ['grant_type', 'client_credentials'],
        ['client_info', '2'],
        ...(query.fmiPath ? ([['fmi_path', query.fmiPath]] as const) : []),
      ])
    })
  }

  /** A token on behalf of the person in the assertion. */
  async acquireOnBehalfOf(query: OnBehalfOfQuery): Promise<CachedToken> {
    await this.#services.entra.discoverInstance(query.tenant, query.trace)
    return this.#cachedOrNew(this.#partition('obo', query, query.assertionHash), query, async () => ({
      ...(await this.#requestOnBehalfOf(query)),
      refreshToken: undefined,
    }))
  }

  /** The same at the start of a long-running process: never from the cache, and kept for {@link continueSession}. */
  async beginSession(query: OnBehalfOfQuery & SessionQuery): Promise<CachedToken> {
    await this.#services.entra.discoverInstance(query.tenant, query.trace)
    const always = { ...query, bypassCache: true }
    return this.#cachedOrNew(this.#sessionPartition(query), always, async () =>
      this.#requestOnBehalfOf(query),
    )
  }

  /** A token of a long-running process whose person is gone, renewed by refresh token (RFC 6749 §6). */
  async continueSession(query: SessionQuery): Promise<CachedToken> {
    const partition = this.#sessionPartition(query)
    await this.#services.entra.discoverInstance(query.tenant, query.trace)
    return this.#cachedOrNew(partition, query, async () => {
      const refreshToken = this.#services.cache.findRefreshToken(partition)
      if (!refreshToken) throw new UnusableRequestError('There is no token under this session key.')
      return this.#request(query, withReservedScopes(query.scopes), [
        ['client_info', '1'],
        ['grant_type', 'refresh_token'],
        ['refresh_token', refreshToken],
      ])
    })
  }

  async #requestOnBehalfOf(query: OnBehalfOfQuery): Promise<TokenGrant> {
    return this.#request(
      query,
      withReservedScopes(query.scopes),
      [
        ['client_info', '1'],
        ['grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
        ['assertion', query.assertion],
        ['requested_token_use', 'on_behalf_of'],
      ],
      query.routingHint ? { 'x-anchormailbox': query.routingHint } : {},
    )
  }

  #sessionPartition({ sessionKey }: SessionQuery): string {
    return `session|${this.#identity.cacheKey}|${sessionKey}`
  }

  /** A token for the agent's own user account, by federation instead of a password. */
  async acquireForAgentUser(query: AgentUserQuery): Promise<CachedToken> {
    const partition = this.#partition('agent-user', query, query.user.join('='))
    return this.#cachedOrNew(partition, query, async () =>
      this.#request(query, withReservedScopes(query.scopes), [
        ['client_info', '1'],
        ['grant_type', 'user_fic'],
        query.user,
        ['user_federated_identity_credential', await query.instanceToken()],
      ]),
    )
  }

  #partition(kind: string, { tenant }: TokenQuery, subject: string): string {
    return `${kind}|${this.#identity.cacheKey}|${tenant}|${subject}`
  }

  async #cachedOrNew(
    partition: string,
    query: TokenQuery,
    renew: () => Promise<TokenGrant>,
  ): Promise<CachedToken> {
    const { cache, clock } = this.#services
    const renewAndStore = async () => {
      const token = toCachedToken(await renew(), query.scopes, clock.now())
      cache.store(partition, token)
      return token
    }
    if (query.bypassCache) return renewAndStore()
    const cached = cache.find(partition, query.scopes.map(lowerCase))
    if (!cached) return renewAndStore()
    // Renewed ahead of its end, while this caller already has it; a failure shows once the token has run out.
    if (cached.refreshAtMs !== undefined && cached.refreshAtMs < clock.now()) {
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
    const proof = await credential.authenticate({
      clientId,
      tokenEndpoint: entra.tokenEndpoint(query.tenant),
    })
    const form = new URLSearchParams({ client_id: clientId })
    const claims: readonly FormField[] = query.claims ? [['claims', query.claims]] : []
    for (const [name, value] of [...proof, ['scope', scope] as const, ...claims, ...fields]) {
      form.append(name, value)
    }
    return entra.requestToken(query.tenant, form, query.trace, headers)
  }
}

function toCachedToken(grant: TokenGrant, requested: readonly string[], nowMs: number): CachedToken {
  const scopes = grant.scope?.split(' ') ?? requested
  return {
    accessToken: grant.accessToken,
    expiresAtMs: nowMs + grant.expiresInSeconds * 1000,
    refreshAtMs: grant.refreshInSeconds === undefined ? undefined : nowMs + grant.refreshInSeconds * 1000,
    scopes: new Set(scopes.map(lowerCase)),
    refreshToken: grant.refreshToken,
  }
}

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
