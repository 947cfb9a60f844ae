import type { Clock } from '../clock.ts'
import { assertionFields } from '../credentials/credential.ts'
import { loadCredential } from '../credentials/load.ts'
import { EntraConnection, type TraceContext } from '../entra/connection.ts'
import type { AzureAdOptions } from '../settings/azure-ad.ts'
import type { ApiOptions } from '../settings/downstream-apis.ts'
import { ConfidentialClient } from './confidential-client.ts'
import { NoAccountError } from './failures.ts'
import { TokenCache } from './token-cache.ts'

const exchangeScope = 'api://AzureADTokenExchange/.default'

/** A person whose token has been accepted. */
export interface SignedInPerson {
  readonly token: string
  readonly tokenHash: string
  readonly oid: string | undefined
  readonly tid: string | undefined
}

export interface TokenOrder {
  readonly options: ApiOptions
  readonly agentIdentity: string | undefined
  readonly person: SignedInPerson | undefined
  readonly trace: TraceContext
}

/** Decides whose token is wanted and by which legs it is made; see learn.microsoft.com/entra/agent-id. */
export class TokenAcquirer {
  readonly #azureAd: AzureAdOptions
  readonly #shared: { readonly entra: EntraConnection; readonly cache: TokenCache; readonly clock: Clock }
  readonly #blueprint: ConfidentialClient

  constructor(azureAd: AzureAdOptions, clock: Clock) {
    this.#azureAd = azureAd
    this.#shared = {
      entra: new EntraConnection(azureAd.instance, clock),
      cache: new TokenCache(clock),
      clock,
    }
    this.#blueprint = new ConfidentialClient(
      azureAd.clientId,
      loadCredential(azureAd.credentials),
      this.#shared,
    )
  }

  async acquire({ options, agentIdentity, person, trace }: TokenOrder): Promise<string> {
    const client = agentIdentity ? this.#agent(agentIdentity) : this.#blueprint
    const { tenant, forceRefresh = false, claims, fmiPath } = options.acquireTokenOptions
    const scopes = options.scopes ?? []
    if (options.requestAppToken) {
      const scope = scopes[0] ?? ''
      if (!scope.toLowerCase().endsWith('/.default'))
        throw new Error('IDW10404: an app token needs a /.default scope.')
      return client.acquireForApp({
        tenant: tenant ?? this.#azureAd.tenantId,
        scopes: [scope],
        forceRefresh,
        claims,
        fmiPath,
        trace,
      })
    }
    if (!person) throw new NoAccountError()
    return client.acquireOnBehalfOf({
      tenant: tenant ?? person.tid ?? this.#azureAd.tenantId,
      scopes,
      forceRefresh,
      claims,
      trace,
      assertion: person.token,
      assertionHash: person.tokenHash,
      person: person.oid && person.tid ? { oid: person.oid, tid: person.tid } : undefined,
    })
  }

  /** The agent identity proves itself with T1, the blueprint's token for the exchange. */
  #agent(agentIdentity: string): ConfidentialClient {
    return new ConfidentialClient(
      agentIdentity,
      {
        authenticate: async ({ tenant, trace }) =>
          assertionFields(
            await this.#blueprint.acquireForApp({
              tenant,
              scopes: [exchangeScope],
              forceRefresh: false,
              claims: undefined,
              fmiPath: agentIdentity,
              trace,
            }),
          ),
      },
      this.#shared,
    )
  }

  async close(): Promise<void> {
    await this.#shared.entra.close()
  }
}
