import { type EnvironmentReader, readEnvironment } from '@entra-agents/service-kit'
import { readAzureAd } from './settings/azure-ad.ts'
import { readApis } from './settings/downstream-apis.ts'
import { Settings } from './settings/settings.ts'

/** The routes whose query can override how a token is acquired, each with the default of its `AllowOverrides` setting. */
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

export type Config = ReturnType<typeof readConfig>

/**
 * Reads the variables of the official image, and `HOST` and `ALLOWED_HOSTS`. Throws only if the emulator cannot listen: as with
 * the official image, other mistakes show in responses.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>) {
  const settings = new Settings(env)
  const hosts = settings
    .text('AllowedHosts')
    ?.split(';')
    .flatMap(host => host.trim() || [])
  return readEnvironment(env, reader => ({
    listen: readListenAddress(settings, reader),
    /** `undefined` when `AzureAd` lacks what every request needs. */
    azureAd: readAzureAd(settings),
    apis: readApis(settings),
    allowsOverrides: (route: OverridableRoute): boolean =>
      settings.flag(`Sidecar:AllowOverrides:${route}`) ?? overridableRoutes[route],
    /** `undefined` accepts every Host header. */
    allowedHosts: hosts?.includes('*') ? undefined : hosts,
    /** Host names under which `/emulator/*` may be called. */
    controlHosts: reader.hostNames('ALLOWED_HOSTS'),
    /** Path of the projected token, as set by the workload identity webhook. */
    federatedTokenFile: reader.optional('AZURE_FEDERATED_TOKEN_FILE'),
    logLevel: logLevels[settings.text('Logging:LogLevel:Default')?.toLowerCase() ?? ''] ?? 'info',
  }))
}

const urlPattern = /^http:\/\/(\[[^\]]+\]|[^/:]+)(?::(\d+))?\/*$/i

/** Listens at the first URL of `ASPNETCORE_URLS` (host `+` or `*`: all addresses), else at `HOST` and `ASPNETCORE_HTTP_PORTS`. */
function readListenAddress(settings: Settings, reader: EnvironmentReader) {
  const [url] = settings.text('ASPNETCORE_URLS')?.split(';') ?? []
  if (url === undefined) {
    const port = reader.port('ASPNETCORE_HTTP_PORTS', 8080)
    return { host: reader.text('HOST', 'localhost'), port }
  }
  const [, host, port = '80'] = urlPattern.exec(url.trim()) ?? []
  if (host === undefined)
    reader.fault(`ASPNETCORE_URLS must hold an http://host:port address; "${url.trim()}" is none.`)
  return { host: addressToBind(host ?? ''), port: Number(port) }
}

/** Kestrel binds host names other than `localhost`, such as `+` and `*`, to every address of the machine, IPv4 and IPv6. */
function addressToBind(host: string): string {
  if (host.startsWith('[')) return host.slice(1, -1)
  return /^(localhost|\d+\.\d+\.\d+\.\d+)$/i.test(host) ? host : '::'
}
