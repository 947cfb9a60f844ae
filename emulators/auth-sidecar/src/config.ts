import { readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readAzureAd } from './settings/azure-ad.ts'
import { readApis } from './settings/downstream-apis.ts'
import { readListenAddress } from './settings/listen-address.ts'
import { Settings } from './settings/settings.ts'

/** The routes whose query may change how a token is acquired, and whether it may unless configured. */
const overridableRoutes = {
  GetAuthorizationHeader: true,
  GetAuthorizationHeaderUnauthenticated: false,
  CallDownstreamApi: true,
  CallDownstreamApiUnauthenticated: false,
} as const
export type OverridableRoute = keyof typeof overridableRoutes

const logLevels: Readonly<Record<string, string>> = {
  trace: 'trace',
  debug: 'debug',
  information: 'info',
  warning: 'warn',
  error: 'error',
  critical: 'fatal',
  none: 'silent',
}

/** What the emulator is told by its environment. */
export type Config = ReturnType<typeof readConfig>

/**
 * Reads the environment variables of the official image.
 *
 * @throws {ConfigurationError} for what keeps it from listening; everything else shows on the wire, as with the original.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const settings = new Settings(env)
  return readEnvironment(env, reader => ({
    listen: readListenAddress(settings, reader),
    /** `undefined` when `AzureAd` is so incomplete that every request fails. */
    azureAd: readAzureAd(settings),
    apis: readApis(settings),
    allowsOverrides: (route: OverridableRoute): boolean =>
      settings.flag(`Sidecar:AllowOverrides:${route}`) ?? overridableRoutes[route],
    /** `undefined` accepts every Host header. */
    allowedHosts: readAllowedHosts(settings.text('AllowedHosts')),
    /** By which names `/emulator/*` may be called. */
    controlHosts: reader.hostNames('ALLOWED_HOSTS'),
    /** Where a Kubernetes webhook says the projected token is. */
    federatedTokenFile: reader.optional('AZURE_FEDERATED_TOKEN_FILE'),
    logLevel: logLevels[settings.text('Logging:LogLevel:Default')?.toLowerCase() ?? ''] ?? 'info',
  }))
}

function readAllowedHosts(value: string | undefined): readonly string[] | undefined {
  const hosts = value?.split(';').flatMap(host => host.trim() || [])
  return hosts?.includes('*') ? undefined : hosts
}
