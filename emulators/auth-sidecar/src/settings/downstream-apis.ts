import type { Settings } from './settings.ts'

/** One entry of `DownstreamApis`, and what a caller may change of it. */
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
  /** An option of the original that is not emulated. */
  readonly unsupported?: string
}

/** The options of an API that is not configured. Any other name gets these options, which have no scopes. */
export const unconfiguredApi: ApiOptions = {
  relativePath: '',
  httpMethod: 'Get',
  requestAppToken: false,
  acceptHeader: 'application/json',
}

/** Reads `DownstreamApis`. The sidecar compares these names case-sensitively. */
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
