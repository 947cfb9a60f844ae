import { graphAppId, graphUri, tokenExchangeAudience, tokenExchangeUri } from '@entra-agents/trace/well-known'

/** Ids that are the same in every tenant. */
export const wellKnown = {
  /** The resource in requests for T1, and the audience of the assertions of clients with a federated credential. */
  tokenExchangeUri,
  /** Client id of the resource `tokenExchangeUri`, and the audience of T1. */
  tokenExchangeAppId: tokenExchangeAudience,
  graphAppId,
  graphUri,
} as const

/** Scopes of OpenID Connect, which may be requested with the scopes of any API. */
export const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])
