import type { ApiOptions } from '../settings/downstream-apis.ts'
import type { AgentSelection } from '../tokens/token-request.ts'

/** A GUID in the forms that .NET writes with `N`, `D`, `B` and `P`. */
const guid = /^[({]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?$/i

type Override = Query['overrides'][number]

/** A query string read as ASP.NET Core reads it: names in any case, several values for one name. */
export class Query {
  readonly #parameters: readonly (readonly [name: string, value: string])[]

  constructor(url: string) {
    const [, query = ''] = url.split('?', 2)
    this.#parameters = [...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value])
  }

  /** The value of a parameter (name in lower case). Commas join several values, as in ASP.NET Core's binding to a string. */
  text(name: string): string | undefined {
    const values = this.#parameters.filter(([known]) => known === name).map(([, value]) => value)
    return values.length > 0 ? values.join(',') : undefined
  }

  /** Each by its name in lower case, without `optionsOverride.`. */
  get overrides() {
    const prefix = 'optionsoverride.'
    return this.#parameters
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => ({ key: name.slice(prefix.length), value }))
  }

  /** The agent. Its username takes precedence over its user id; if that is no GUID, the agent acts as itself, without an error. */
  get agent(): AgentSelection | undefined {
    const agentId = this.text('agentidentity')
    if (!agentId?.trim()) return undefined
    const username = this.text('agentusername')
    if (username?.trim()) return { agentId, account: ['username', username] }
    const [, ...groups] = guid.exec(this.text('agentuserid')?.trim() ?? '') ?? []
    const userId = groups.join('-').toLowerCase()
    return { agentId, account: userId === '' ? undefined : ['user_id', userId] }
  }
}

/**
 * Merges a caller's overrides into the configured options. `RequestAppToken` can only be switched on. Blank overrides are ignored,
 * except claims: blank claims are not sent, but make the request bypass the cache.
 */
export function mergeOverrides(options: ApiOptions, overrides: readonly Override[]): ApiOptions {
  const set = overrides.filter(
    ({ key, value }) => value.trim() !== '' || (key === 'acquiretokenoptions.claims' && value !== ''),
  )
  const scopes = set.filter(({ key }) => key === 'scopes').map(({ value }) => value)
  const changed = set.map(({ key, value }) => {
    const unsupported = key.startsWith('acquiretokenoptions.') ? { unsupported: key } : {}
    return changes.get(key)?.(value, options) ?? unsupported
  })
  return Object.assign({ ...options }, ...changed, scopes.length > 0 ? { scopes } : {})
}

/** What an override changes, by its name. */
const changes = new Map<string, (value: string, options: ApiOptions) => Partial<ApiOptions>>([
  ['requestapptoken', (value, options) => ({ requestAppToken: options.requestAppToken || isTrue(value) })],
  ['relativepath', value => ({ relativePath: value })],
  ['httpmethod', value => ({ httpMethod: value })],
  ['acceptheader', value => ({ acceptHeader: value })],
  ['acquiretokenoptions.tenant', value => ({ tenant: value })],
  ['acquiretokenoptions.forcerefresh', value => ({ forceRefresh: isTrue(value) })],
  ['acquiretokenoptions.claims', value => ({ claims: value })],
  ['acquiretokenoptions.correlationid', value => (guid.test(value) ? { correlationId: value } : {})],
])

function isTrue(value: string): boolean {
  return value.trim().toLowerCase() === 'true'
}
