import type { Settings } from './settings.ts'

/** Options for calls to one API: those of its entry in `DownstreamApis`, some overridden by the caller's request. */
export interface ApiOptions {
  readonly baseUrl?: string | undefined
  readonly relativePath: string
  readonly httpMethod: string
  readonly scopes?: readonly string[] | undefined
  readonly requestAppToken: boolean
  readonly acceptHeader: string
  readonly tenant?: string
  readonly forceRefresh?: boolean
  /** A claims request, as JSON text. */
  readonly claims?: string
  readonly correlationId?: string
  /** Name of a requested option that the official sidecar supports and this emulator does not. */
  readonly unsupported?: string
}

/** The options for every API name that is not configured: defaults, without scopes. */
export const unconfiguredApi: ApiOptions = {
  relativePath: '',
  httpMethod: 'Get',
  requestAppToken: false,
  acceptHeader: 'application/json',
}

/** Reads the entries of `DownstreamApis` by API name. Names are case-sensitive, as in the official sidecar. */
export function readApis(settings: Settings): ReadonlyMap<string, ApiOptions> {
  return new Map(
    settings.childNames('DownstreamApis').map(name => {
      const path = (key: string) => `DownstreamApis:${name}:${key}`
      const text = (key: string) => settings.text(path(key))
      const api = {
        baseUrl: text('BaseUrl'),
        relativePath: text('RelativePath') ?? unconfiguredApi.relativePath,
        httpMethod: text('HttpMethod') ?? unconfiguredApi.httpMethod,
        scopes: settings.list(path('Scopes')),
        requestAppToken: settings.flag(path('RequestAppToken')) ?? false,
        acceptHeader: text('AcceptHeader') ?? unconfiguredApi.acceptHeader,
      }
      return [name, api]
    }),
  )
}
