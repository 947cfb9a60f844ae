import type { Settings } from './settings.ts'

/** How a token is to be acquired: MSAL's and Microsoft.Identity.Web's knobs that the sidecar lets through. */
export interface AcquireTokenOptions {
  readonly tenant?: string | undefined
  readonly forceRefresh?: boolean | undefined
  readonly claims?: string | undefined
  readonly correlationId?: string | undefined
  readonly fmiPath?: string | undefined
  /** Keeps a person's tokens under a name, so that they can be had again without the person. */
  readonly longRunningWebApiSessionKey?: string | undefined
  /** An option that only the original can serve. */
  readonly beyondStandIn?: string | undefined
}

/** Proof of possession and managed identities need what a stand-in does not have. */
export const optionsBeyondStandIn = [
  'PopPublicKey',
  'PopClaim',
  'ManagedIdentity.UserAssignedClientId',
] as const

/** One entry of `DownstreamApis`. */
export interface ApiOptions {
  readonly baseUrl?: string | undefined
  readonly relativePath: string
  readonly httpMethod: string
  readonly scopes?: readonly string[] | undefined
  readonly requestAppToken: boolean
  readonly acceptHeader: string
  readonly contentType: string
  readonly protocolScheme: string
  readonly extraHeaderParameters: Readonly<Record<string, string>>
  readonly extraQueryParameters: Readonly<Record<string, string>>
  readonly acquireTokenOptions: AcquireTokenOptions
}

/** What an API that nobody configured looks like: there is one for every name, without scopes. */
export const unconfiguredApi: ApiOptions = {
  relativePath: '',
  httpMethod: 'Get',
  requestAppToken: false,
  acceptHeader: 'application/json',
  contentType: 'application/json',
  protocolScheme: 'Bearer',
  extraHeaderParameters: {},
  extraQueryParameters: {},
  acquireTokenOptions: {},
}

/** Reads `DownstreamApis`; names keep their spelling, for the sidecar looks them up case-sensitively. */
export function readApis(settings: Settings): ReadonlyMap<string, ApiOptions> {
  return new Map(settings.childNames('DownstreamApis').map(name => [name, readApi(settings, name)]))
}

function readApi(settings: Settings, name: string): ApiOptions {
  const path = (key: string) => `DownstreamApis:${name}:${key}`
  const text = (key: string) => settings.text(path(key))
  return {
    baseUrl: text('BaseUrl'),
    relativePath: text('RelativePath') ?? unconfiguredApi.relativePath,
    httpMethod: text('HttpMethod') ?? unconfiguredApi.httpMethod,
    scopes: settings.list(path('Scopes')),
    requestAppToken: settings.flag(path('RequestAppToken')) ?? false,
    acceptHeader: text('AcceptHeader') ?? unconfiguredApi.acceptHeader,
    contentType: text('ContentType') ?? unconfiguredApi.contentType,
    protocolScheme: text('ProtocolScheme') ?? unconfiguredApi.protocolScheme,
    extraHeaderParameters: settings.values(path('ExtraHeaderParameters')),
    extraQueryParameters: settings.values(path('ExtraQueryParameters')),
    acquireTokenOptions: {
      tenant: text('AcquireTokenOptions:Tenant'),
      forceRefresh: settings.flag(path('AcquireTokenOptions:ForceRefresh')),
      claims: text('AcquireTokenOptions:Claims'),
      correlationId: text('AcquireTokenOptions:CorrelationId'),
      fmiPath: text('AcquireTokenOptions:FmiPath'),
      longRunningWebApiSessionKey: text('AcquireTokenOptions:LongRunningWebApiSessionKey'),
      beyondStandIn: optionsBeyondStandIn.find(option =>
        text(`AcquireTokenOptions:${option.replaceAll('.', ':')}`),
      ),
    },
  }
}
