/** Ids that are the same in every tenant. */
export * as wellKnown from '@entra-agents/trace/well-known'

/** Scopes of OpenID Connect, which may be requested with the scopes of any API. */
export const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])
