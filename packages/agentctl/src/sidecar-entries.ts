import type { DownstreamApi } from '@entra-agents/identity/core'
import { flows } from '@entra-agents/trace'

export type SidecarApi = Pick<DownstreamApi, 'url' | 'appId' | 'flows' | 'sidecarEntries' | 'scope'>

interface SidecarIdentity {
  readonly url: string
  readonly authority: string
  readonly tenantId: string
  readonly blueprintAppId: string
  readonly clientSecret: string
}

/** The sidecar's variables except those of its APIs: its own URL, the tenant, and the blueprint with its client secret. */
export function sidecarSettings(identity: SidecarIdentity): Record<string, string> {
  return {
    ASPNETCORE_URLS: identity.url,
    ASPNETCORE_ENVIRONMENT: 'Production',
    AllowedHosts: 'localhost',
    AzureAd__Instance: `${identity.authority}/`,
    AzureAd__TenantId: identity.tenantId,
    AzureAd__ClientId: identity.blueprintAppId,
    AzureAd__ClientCredentials__0__SourceType: 'ClientSecret',
    AzureAd__ClientCredentials__0__ClientSecret: identity.clientSecret,
    Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: 'true',
  }
}

/**
 * The sidecar's variables for these APIs: an entry for each flow of each API. If an MCP server and an API share a registration,
 * and so an entry, the entry is made for whichever of the two comes first in `apis`.
 */
export function sidecarEntries(apis: readonly SidecarApi[]): Record<string, string> {
  return Object.assign({}, ...apis.toReversed().map(entriesOf))
}

function entriesOf(api: SidecarApi): Record<string, string> {
  const settings = api.flows.flatMap(flow => {
    const { requestAppToken } = flows[flow].sidecarEntry
    const entry = `DownstreamApis__${api.sidecarEntries[flow]}`
    const scope = (requestAppToken ? undefined : api.scope) ?? '.default'
    return [
      [`${entry}__BaseUrl`, api.url],
      [`${entry}__Scopes__0`, `api://${api.appId}/${scope}`],
      [`${entry}__RequestAppToken`, String(requestAppToken)],
    ]
  })
  return Object.fromEntries(settings)
}
