import { microsoft } from '@entra-bedrock-agent/demo-tenant'

/** Ids that are the same in every tenant. */
export const wellKnown = {
  /** The resource of requests for T1, and the audience of tokens that authenticate by a federated credential. */
  tokenExchangeUri: microsoft.tokenExchange.uri,
  /** Its client id: the audience of T1. */
  tokenExchangeAppId: microsoft.tokenExchange.appId,
  graphAppId: microsoft.graph.appId,
  graphUri: microsoft.graph.uri,
} as const

/** Scopes of OpenID Connect, which belong to no API. */
export const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])

/** The tenant's verified domain. */
export const publisherDomain = 'contoso.example'
