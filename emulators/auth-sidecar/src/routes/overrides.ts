import type { ApiOptions } from '../settings/downstream-apis.ts'
import type { AgentSelection } from '../tokens/token-request.ts'

/** A GUID in the forms that .NET writes with `N`, `D`, `B` and `P`. */
const guid = /^[({]?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})[)}]?$/i

interface Override {
  /** The parameter's name in lower case, without `optionsOverride.`. */
  readonly key: string
  readonly value: string
}

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

  /** The parameters that begin with `optionsOverride.`. */
  get overrides(): readonly Override[] {
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
  const changes = set.map(override => overriddenOptions(override, options))
  return Object.assign({ ...options }, ...changes, scopes.length > 0 ? { scopes } : {})
}

function overriddenOptions({ key, value }: Override, { requestAppToken }: ApiOptions): Partial<ApiOptions> {
  switch (key) {
    case 'requestapptoken':
      return { requestAppToken: requestAppToken || isTrue(value) }
    case 'relativepath':
      return { relativePath: value }
    case 'httpmethod':
      return { httpMethod: value }
    case 'acceptheader':
      return { acceptHeader: value }
    case 'acquiretokenoptions.tenant':
      return { tenant: value }
    case 'acquiretokenoptions.forcerefresh':
      return { forceRefresh: isTrue(value) }
    case 'acquiretokenoptions.claims':
      return { claims: value }
    case 'acquiretokenoptions.correlationid':
      return guid.test(value) ? { correlationId: value } : {}
    default:
      return key.startsWith('acquiretokenoptions.') ? { unsupported: key } : {}
  }
}

function isTrue(value: string): boolean {
  return value.trim().toLowerCase() === 'true'
}
