import { readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readAllowedHosts } from './http/host-filter.ts'
import { type AzureAdOptions, readAzureAd } from './settings/azure-ad.ts'
import { type ApiOptions, readApis } from './settings/downstream-apis.ts'
import { type ListenAddresses, readListenAddresses } from './settings/listen-addresses.ts'
import { Settings } from './settings/settings.ts'

/** The routes whose query may change how a token is acquired. */
export type OverridableRoute =
  | 'GetAuthorizationHeader'
  | 'GetAuthorizationHeaderUnauthenticated'
  | 'CallDownstreamApi'
  | 'CallDownstreamApiUnauthenticated'

const sidecarVersions = ['1.0.0', '1.1.1', '1.1.2'] as const
export type SidecarVersion = (typeof sidecarVersions)[number]

export interface Config {
  /** Which release of the official image to behave like. */
  readonly version: SidecarVersion
  readonly addresses: ListenAddresses
  /** `undefined` when `AzureAd` is so incomplete that every request fails. */
  readonly azureAd: AzureAdOptions | undefined
  readonly apis: ReadonlyMap<string, ApiOptions>
  readonly allowOverrides: Readonly<Record<OverridableRoute, boolean>>
  readonly allowOutboundRedirects: boolean
  /** `undefined` accepts every Host header. */
  readonly allowedHosts: readonly string[] | undefined
  /** Outside Development only callers on loopback are served. */
  readonly development: boolean
  readonly trustForwardedHeaders: boolean
  /** Where a Kubernetes webhook says the projected token is. */
  readonly federatedTokenFile: string | undefined
  readonly logLevel: string
}

const defaultOverrides = {
  GetAuthorizationHeader: true,
  GetAuthorizationHeaderUnauthenticated: false,
  CallDownstreamApi: true,
  CallDownstreamApiUnauthenticated: false,
} as const

const logLevels = new Map([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['information', 'info'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['critical', 'fatal'],
  ['none', 'silent'],
])

/**
 * Reads the environment variables of the official image, and `SIDECAR_VERSION` beside them.
 *
 * @throws {ConfigurationError} for what keeps it from listening; everything else shows on the wire, as with the original.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const settings = new Settings(env)
  return readEnvironment(env, reader => {
    const gate = (route: OverridableRoute) =>
      settings.flag(`Sidecar:AllowOverrides:${route}`) ?? defaultOverrides[route]
    const version = reader.oneOf('SIDECAR_VERSION', sidecarVersions, '1.1.1')
    const development = settings.text('ASPNETCORE_ENVIRONMENT')?.toLowerCase() === 'development'
    const trustForwardedHeaders = settings.flag('ASPNETCORE_FORWARDEDHEADERS_ENABLED') ?? false
    if (version === '1.1.2' && trustForwardedHeaders && !development) {
      reader.fault(
        'ASPNETCORE_FORWARDEDHEADERS_ENABLED must not be true: it lets callers pretend to be local.',
      )
    }
    return {
      version,
      addresses: readListenAddresses(settings, sentence => reader.fault(sentence)),
      azureAd: readAzureAd(settings),
      apis: readApis(settings),
      allowOverrides: {
        GetAuthorizationHeader: gate('GetAuthorizationHeader'),
        GetAuthorizationHeaderUnauthenticated: gate('GetAuthorizationHeaderUnauthenticated'),
        CallDownstreamApi: gate('CallDownstreamApi'),
        CallDownstreamApiUnauthenticated: gate('CallDownstreamApiUnauthenticated'),
      },
      allowOutboundRedirects: settings.flag('Sidecar:AllowOutboundRedirects') ?? false,
      allowedHosts: readAllowedHosts(settings.text('AllowedHosts')),
      development,
      trustForwardedHeaders,
      federatedTokenFile: reader.optional('AZURE_FEDERATED_TOKEN_FILE'),
      logLevel: logLevels.get(settings.text('Logging:LogLevel:Default')?.toLowerCase() ?? '') ?? 'info',
    }
  })
}
