import { microsoft } from '@entra-bedrock-agent/demo-tenant'

/** Ids that are the same in every tenant. */
export const wellKnown = {
  /** The audience that T1 is asked for, and that a token must have to be presented as a federated credential. */
  tokenExchangeUri: microsoft.tokenExchange.uri,
  /** The resource behind it: the audience that T1 then carries. */
  tokenExchangeAppId: microsoft.tokenExchange.appId,
  graphAppId: microsoft.graph.appId,
  graphUri: microsoft.graph.uri,
} as const

/** Scopes of OpenID Connect, which belong to no API. */
export const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])

/** The tenant's verified domain. */
export const publisherDomain = 'contoso.example'
