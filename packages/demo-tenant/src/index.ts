import tenant from './tenant.json' with { type: 'json' }

/** The registration of an API. An MCP server is an API too. */
export interface ApiRegistration {
  /** Client id of its application: the audience of its tokens. */
  readonly appId: string
  readonly displayName: string
  /** Delegated permissions, for tokens on behalf of users. */
  readonly scopes: readonly string[]
  /** Application permissions, for the agent's own tokens. */
  readonly appRoles: readonly string[]
  /** Further permissions of the API, which no agent holds until somebody grants them. */
  readonly onDemand?: { readonly scopes: readonly string[]; readonly appRoles: readonly string[] }
  /** Object ids under the keys `application` and `principal`; the id of each scope or app role under its value. */
  readonly ids?: Readonly<Record<string, string>>
}

export { tenant }
