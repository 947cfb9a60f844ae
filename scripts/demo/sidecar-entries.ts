import { flows } from '@entra-bedrock-agent/identity-trace'
import type { DownstreamApi } from '../../services/agent/src/identity/downstream-api.ts'

export type SidecarApi = Pick<DownstreamApi, 'url' | 'appId' | 'flows' | 'sidecarEntries'>

interface SidecarIdentity {
  readonly url: string
  readonly authority: string
  readonly tenantId: string
  readonly blueprintAppId: string
  readonly clientSecret: string
}

/** What a sidecar has to know to authenticate as the blueprint by its secret. */
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
 * What the sidecar has to know of these APIs: an entry for each flow in which one is called. Where two APIs share an entry, as an
 * MCP server may share the registration of an API, it is the first one's.
 */
export function sidecarEntries(apis: readonly SidecarApi[]): Record<string, string> {
  return Object.assign({}, ...apis.toReversed().map(entriesOf))
}

function entriesOf(api: SidecarApi): Record<string, string> {
  const settings = api.flows.flatMap(flow => {
    const entry = `DownstreamApis__${api.sidecarEntries[flow]}`
    return [
      [`${entry}__BaseUrl`, api.url],
      [`${entry}__Scopes__0`, `api://${api.appId}/.default`],
      [`${entry}__RequestAppToken`, String(flows[flow].sidecarEntry.requestAppToken)],
    ]
  })
  return Object.fromEntries(settings)
}
