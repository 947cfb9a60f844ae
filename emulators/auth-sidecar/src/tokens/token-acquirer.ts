import type { Clock } from '../clock.ts'
import { BlueprintCredential } from '../credentials/blueprint-credential.ts'
import { assertionFields, type ClientCredential } from '../credentials/credential.ts'
import { EntraConnection } from '../entra/connection.ts'
import { EntraRefusalError } from '../entra/failures.ts'
import type { SignedInPerson } from '../inbound/authentication.ts'
import type { AzureAdOptions } from '../settings/azure-ad.ts'
import { AgentAssertions } from './agent-assertions.ts'
import { requestClaims } from './claims-request.ts'
import { type ClientServices, ConfidentialClient, type TokenQuery } from './confidential-client.ts'
import { NoAccountError, UnusableRequestError } from './failures.ts'
import { type CachedToken, TokenCache } from './token-cache.ts'
import type { AgentSelection, TokenOrder } from './token-order.ts'

const exchangeScope = 'api://AzureADTokenExchange/.default'

/** Asks for a session key to be made up; as nobody gets to know it, it is of no use here. */
const automaticSessionKey = 'AllocateForMe'

const metaTenants = new Set(['common', 'organizations'])

export interface AcquirerOptions {
  readonly clock: Clock
  readonly federatedTokenFile: string | undefined
}

/**
 * Decides whose token is wanted and by which requests it is made. An agent identity proves itself with T1, the
 * blueprint's own token for the exchange; see learn.microsoft.com/entra/agent-id/agent-oauth-protocols.
 */
export class TokenAcquirer {
  readonly #azureAd: AzureAdOptions
  readonly #services: ClientServices
  readonly #credential: BlueprintCredential
  readonly #assertions: AgentAssertions

  constructor(azureAd: AzureAdOptions, { clock, federatedTokenFile }: AcquirerOptions) {
    this.#azureAd = azureAd
    this.#services = {
      entra: new EntraConnection(azureAd.instance, clock),
      cache: new TokenCache(clock),
      clock,
    }
    this.#credential = new BlueprintCredential(azureAd, { clock, federatedTokenFile })
    this.#assertions = new AgentAssertions(clock)
  }

  /**
   * The token that an order asks for, from the cache or from Entra.
   *
   * @throws {EntraRefusalError} when Entra says no; {@link NoAccountError} when a person is missing; any other
   *   error for what the original answers with 500.
   */
  async acquire(order: TokenOrder): Promise<string> {
    const { beyondStandIn } = order.options.acquireTokenOptions
    if (beyondStandIn) throw new UnusableRequestError(`${beyondStandIn} is beyond this stand-in.`)
    const token = await (order.options.requestAppToken
      ? this.#acquireForApp(order)
      : this.#acquireForPerson(order))
    return token.accessToken
  }

  async #acquireForApp(order: TokenOrder): Promise<CachedToken> {
    const [scope = ''] = order.options.scopes ?? []
    if (!scope.toLowerCase().endsWith('/.default')) {
      throw new UnusableRequestError(
        'IDW10404: a token for an application needs a scope that ends in /.default.',
      )
    }
    const tenant = order.options.acquireTokenOptions.tenant
    if (tenant && metaTenants.has(tenant.toLowerCase())) {
      throw new UnusableRequestError('IDW10405: a token for an application needs a tenant of its own.')
    }
    const { fmiPath } = order.options.acquireTokenOptions
    return this.#againWithFreshCredential(order.agent, async () => {
      const client = await this.#clientFor(order.agent)
      const query = this.#query(order, tenant ?? this.#azureAd.tenantId)
      return client.acquireForApp({ ...query, scopes: [scope], fmiPath })
    })
  }

  async #acquireForPerson(order: TokenOrder): Promise<CachedToken> {
    const { agent, person } = order
    const { tenant } = order.options.acquireTokenOptions
    if (agent?.user) {
      return this.#acquireForAgentUser(
        agent.agentId,
        agent.user,
        this.#query(order, tenant ?? this.#azureAd.tenantId),
      )
    }
    return this.#againWithFreshCredential(agent, async () => {
      const client = await this.#clientFor(agent)
      const query = this.#query(order, tenant ?? person?.tenantId ?? this.#azureAd.tenantId)
      const { longRunningWebApiSessionKey: sessionKey } = order.options.acquireTokenOptions
      if (!person) {
        if (!sessionKey) throw new NoAccountError()
        return client.continueSession({ ...query, sessionKey })
      }
      const { token: assertion, tokenHash: assertionHash } = person
      const onBehalfOf = { ...query, assertion, assertionHash, routingHint: routingHint(person) }
      if (!sessionKey) return client.acquireOnBehalfOf(onBehalfOf)
      return client.beginSession({
        ...onBehalfOf,
        sessionKey: sessionKey === automaticSessionKey ? assertionHash : sessionKey,
      })
    })
  }

  /** Three legs: T1, the agent's own exchange token, and with it the token of its user account. */
  async #acquireForAgentUser(
    agentId: string,
    user: readonly [string, string],
    query: TokenQuery,
  ): Promise<CachedToken> {
    const client = this.#agentUserClient(agentId)
    const exchange = {
      ...query,
      claims: undefined,
      bypassCache: false,
      scopes: [exchangeScope],
      fmiPath: undefined,
    }
    return client.acquireForAgentUser({
      ...query,
      claims: undefined,
      user,
      instanceToken: async () => (await client.acquireForApp(exchange)).accessToken,
    })
  }

  #query({ options, agent, trace }: TokenOrder, tenant: string): TokenQuery {
    const { forceRefresh = false, claims } = options.acquireTokenOptions
    const capabilities = agent ? [] : this.#azureAd.clientCapabilities
    return {
      tenant,
      scopes: options.scopes ?? [],
      bypassCache: forceRefresh || claims !== undefined,
      claims: requestClaims(claims, capabilities),
      trace,
    }
  }

  /**
   * Which client asks. For an app token an agent *with* a user account goes by its own id but with the blueprint's
   * credential; the original does so too.
   */
  async #clientFor(agent: AgentSelection | undefined): Promise<ConfidentialClient> {
    if (agent && !agent.user) return this.#agentClient(agent.agentId)
    const credential = await this.#credential.load()
    const clientId = agent?.agentId ?? this.#azureAd.clientId
    return this.#client(clientId, clientId, async () => credential)
  }

  #agentClient(agentId: string): ConfidentialClient {
    return this.#client(agentId, `${agentId}|by-T1`, async query => {
      let assertion = this.#assertions.find(agentId)
      if (!assertion) {
        const t1 = await this.#acquireT1(agentId, query)
        this.#assertions.keep(agentId, { token: t1.accessToken, expiresAtMs: t1.expiresAtMs })
        assertion = t1.accessToken
      }
      return present(assertion)
    })
  }

  #agentUserClient(agentId: string): ConfidentialClient {
    return this.#client(agentId, `${agentId}|user`, async query =>
      present((await this.#acquireT1(agentId, query)).accessToken),
    )
  }

  async #acquireT1(agentId: string, { tenant, trace }: TokenQuery): Promise<CachedToken> {
    return this.#againWithFreshCredential(undefined, async () => {
      const blueprint = await this.#clientFor(undefined)
      return blueprint.acquireForApp({
        tenant,
        scopes: [exchangeScope],
        bypassCache: false,
        claims: undefined,
        fmiPath: agentId,
        trace: { ...trace, correlationId: undefined },
      })
    })
  }

  #client(
    clientId: string,
    cacheKey: string,
    credential: (query: TokenQuery) => Promise<ClientCredential>,
  ): ConfidentialClient {
    return new ConfidentialClient({ clientId, cacheKey, credential }, this.#services)
  }

  /** Once more when Entra doubts the credential, for the next one might do. On the T1 leg that makes four requests. */
  async #againWithFreshCredential<T>(agent: AgentSelection | undefined, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof EntraRefusalError && error.doubtsCredential)) throw error
      if (agent) this.#assertions.forget(agent.agentId)
      return ask()
    }
  }

  async close(): Promise<void> {
    await this.#services.entra.close()
  }
}

function present(assertion: string): ClientCredential {
  return { authenticate: () => assertionFields(assertion) }
}

function routingHint({ objectId, tenantId }: SignedInPerson): string | undefined {
  return objectId && tenantId ? `oid:${objectId}@${tenantId}` : undefined
}
