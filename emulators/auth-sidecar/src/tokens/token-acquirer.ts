import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { blueprintCredential } from '../credentials/blueprint-credential.ts'
import { assertionFields, type ClientCredential } from '../credentials/credential.ts'
import { EntraConnection } from '../entra/connection.ts'
import { EntraRefusalError } from '../entra/responses.ts'
import { textClaim } from '../jwt.ts'
import type { AzureAdOptions } from '../settings/azure-ad.ts'
import { type ClientOptions, ConfidentialClient, type TokenQuery } from './confidential-client.ts'
import { type CachedToken, tokenCache } from './token-cache.ts'
import type { AgentAccount, AgentSelection, TokenRequest } from './token-request.ts'

const exchangeScope = 'api://AzureADTokenExchange/.default'

/** MSAL's text if a token on behalf of a user was requested, but the call has no user. */
const noAccount = 'No account or login hint was passed to the AcquireTokenSilent call. '

/** Acquires tokens by the requests that each flow needs (learn.microsoft.com/entra/agent-id/agent-oauth-protocols). */
export class TokenAcquirer {
  readonly #azureAd: AzureAdOptions
  readonly #services: Pick<ClientOptions, 'entra' | 'cache' | 'clock'>
  readonly #loadCredential: () => Promise<ClientCredential>
  /** T1 of each agent identity, kept until T1 expires: the token cache would drop T1 five minutes earlier. */
  readonly #t1 = new LRUCache<string, CachedToken>({ max: 10_000 })

  constructor(azureAd: AzureAdOptions, federatedTokenFile: string | undefined, clock: Clock) {
    const entra = new EntraConnection(azureAd.instance, clock)
    this.#azureAd = azureAd
    this.#services = { entra, cache: tokenCache(clock), clock }
    this.#loadCredential = blueprintCredential(azureAd.credentials, federatedTokenFile, clock)
  }

  /** @throws {EntraRefusalError} if Entra refuses, or without a user; others where the sidecar responds with 500 */
  async acquire(tokenRequest: TokenRequest): Promise<string> {
    const { requestAppToken, unsupported } = tokenRequest.options
    if (unsupported) throw new Error(`${unsupported} is not emulated.`)
    const { accessToken } = await (requestAppToken
      ? this.#acquireForApp(tokenRequest)
      : this.#acquireForUser(tokenRequest))
    return accessToken
  }

  /** Forgets all tokens. */
  clear(): void {
    this.#t1.clear()
    this.#services.cache.clear()
  }

  async #acquireForApp(tokenRequest: TokenRequest): Promise<CachedToken> {
    const { agent, options } = tokenRequest
    const { scopes: [scope = ''] = [], tenant = this.#azureAd.tenantId } = options
    if (!scope.toLowerCase().endsWith('/.default'))
      throw new Error('IDW10404: a token for an application needs a scope that ends in /.default.')
    if (/^(common|organizations)$/i.test(tenant))
      throw new Error('IDW10405: a token for an application needs a tenant of its own.')
    const query = { ...this.#query(tokenRequest, tenant), scopes: [scope] }
    return this.#retryWithNewCredential(agent, async () =>
      (await this.#clientFor(agent)).acquireForApp(query),
    )
  }

  async #acquireForUser(tokenRequest: TokenRequest): Promise<CachedToken> {
    const { agent, user, options } = tokenRequest
    const tenant = options.tenant ?? (user && textClaim(user.claims, 'tid')) ?? this.#azureAd.tenantId
    const query = this.#query(tokenRequest, tenant)
    // For a user account of an agent, the official sidecar ignores the caller's claims and correlation id.
    if (agent?.account)
      return this.#acquireForAgentUser(agent.agentId, agent.account, {
        ...query,
        bypassCache: options.forceRefresh ?? false,
        claims: undefined,
        trace: { ...query.trace, correlationId: undefined },
      })
    return this.#retryWithNewCredential(agent, async () => {
      const client = await this.#clientFor(agent)
      if (!user) throw new EntraRefusalError(noAccount, { error: 'interaction_required' })
      return client.acquireOnBehalfOf(query, user)
    })
  }

  /** Three legs: T1; T2, the agent's own exchange token; and with these two, its user account's token. No leg is retried. */
  async #acquireForAgentUser(
    agentId: string,
    account: AgentAccount,
    query: TokenQuery,
  ): Promise<CachedToken> {
    const client = this.#client(agentId, `${agentId}|user`, async asked =>
      assertionCredential(await this.#requestT1(agentId, asked)),
    )
    return client.acquireForAgentUser(query, account, async () =>
      client.acquireForApp({ ...query, bypassCache: false, scopes: [exchangeScope] }),
    )
  }

  #query({ options, trace }: TokenRequest, tenant: string): TokenQuery {
    const { forceRefresh = false, claims, scopes = [] } = options
    return { tenant, scopes, bypassCache: forceRefresh || claims !== undefined, claims, trace }
  }

  /** The client that requests the token. As officially, for an agent's user it has the agent's id and the blueprint's credential. */
  async #clientFor(agent: AgentSelection | undefined): Promise<ConfidentialClient> {
    if (agent && !agent.account)
      return this.#client(agent.agentId, `${agent.agentId}|by-T1`, async query =>
        assertionCredential(await this.#keptT1(agent.agentId, query)),
      )
    const credential = await this.#loadCredential()
    const clientId = agent?.agentId ?? this.#azureAd.clientId
    return this.#client(clientId, clientId, async () => credential)
  }

  async #keptT1(agentId: string, query: TokenQuery): Promise<CachedToken> {
    const kept = this.#t1.get(agentId)
    if (kept && kept.expiresAtMs >= this.#services.clock.nowMs()) return kept
    const fresh = await this.#retryWithNewCredential(undefined, () => this.#requestT1(agentId, query))
    this.#t1.set(agentId, fresh)
    return fresh
  }

  async #requestT1(agentId: string, { tenant, trace }: TokenQuery): Promise<CachedToken> {
    const blueprint = await this.#clientFor(undefined)
    // The official sidecar sends client capabilities for T1 only: its client for an agent is made without any.
    const { clientCapabilities: values } = this.#azureAd
    const claims = values.length > 0 ? JSON.stringify({ access_token: { xms_cc: { values } } }) : undefined
    const query = { tenant, scopes: [exchangeScope], bypassCache: false, claims, trace }
    return blueprint.acquireForApp(query, agentId)
  }

  #client(clientId: string, cacheKey: string, credential: (query: TokenQuery) => Promise<ClientCredential>) {
    return new ConfidentialClient({ clientId, cacheKey, credential, ...this.#services })
  }

  /** Retries once if Entra refuses the credential: a new one may be accepted. Nested retries request a refused T1 4 times. */
  async #retryWithNewCredential<T>(agent: AgentSelection | undefined, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof EntraRefusalError && error.refusesCredential)) throw error
      if (agent) this.#t1.delete(agent.agentId)
      return ask()
    }
  }
}

function assertionCredential({ accessToken }: CachedToken): ClientCredential {
  return async () => assertionFields(accessToken)
}
