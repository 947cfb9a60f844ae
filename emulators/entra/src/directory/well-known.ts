/** Ids that are the same in every tenant. */
export const wellKnown = {
  /** The audience that T1 is asked for, and that a token must have to be presented as a federated credential. */
  tokenExchangeUri: 'api://AzureADTokenExchange',
  /** The resource behind it: the audience that T1 then carries. */
  tokenExchangeAppId: 'fb60f99c-7a34-4190-8149-302f77469936',
  graphAppId: '00000003-0000-0000-c000-000000000000',
  graphUri: 'https://graph.microsoft.com',
} as const

/** Scopes of OpenID Connect, which belong to no API. */
export const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])
