import type { AllowedCaller, TokenCheckOptions } from '@entra-bedrock-agent/entra-tokens'
import { type EnvironmentReader, readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readTelemetry, type TelemetryConfig } from '@entra-bedrock-agent/telemetry'
import manifest from '../package.json' with { type: 'json' }

const weatherProviders = ['auto', 'open-meteo', 'climate-normals'] as const

/** Which tokens are accepted, and which clients may call. */
export type TokenConfig = Omit<TokenCheckOptions, 'log' | 'permissions'> & {
  readonly callers: readonly AllowedCaller[]
}

export interface WeatherConfig {
  readonly provider: (typeof weatherProviders)[number]
  readonly geocodingUrl: string
  readonly forecastUrl: string
}

export interface McpConfig {
  /** The URL of `/mcp` as clients know it, which they also send to Entra as `resource`. */
  readonly publicUrl: string | undefined
  /** Host names that `/mcp` may be called by. */
  readonly allowedHosts: readonly string[]
}

export interface Config {
  readonly host: string
  readonly port: number
  readonly logLevel: string
  readonly token: TokenConfig
  readonly weather: WeatherConfig
  readonly mcp: McpConfig
  /** The port of `/metrics`; `undefined` = not served. */
  readonly metricsPort: number | undefined
  /** Where spans are sent; `undefined` = no tracing. */
  readonly telemetry: TelemetryConfig | undefined
}

/**
 * Reads the environment.
 *
 * @throws {ConfigurationError} with all faults.
 */
export function readConfig(variables: NodeJS.ProcessEnv): Config {
  return readEnvironment(variables, env => ({
    host: env.text('HOST', 'localhost'),
    port: env.port('PORT', 8080),
    logLevel: env.logLevel(),
    token: {
      authority: env.secureUrl('ENTRA_AUTHORITY', 'https://login.microsoftonline.com'),
      tenantId: env.guid('TENANT_ID'),
      appId: env.guid('WEATHER_API_APP_ID'),
      callers: readCallers(env),
      verifySignature: readVerifySignature(env),
      requireAgentMarker: env.flag('WEATHER_REQUIRE_AGENT_MARKER', false),
    },
    weather: {
      provider: env.oneOf('WEATHER_PROVIDER', weatherProviders, 'auto'),
      geocodingUrl: env.url('OPEN_METEO_GEOCODING_URL', 'https://geocoding-api.open-meteo.com'),
      forecastUrl: env.url('OPEN_METEO_FORECAST_URL', 'https://api.open-meteo.com'),
    },
    mcp: readMcp(env),
    metricsPort: env.optional('METRICS_PORT') === undefined ? undefined : env.port('METRICS_PORT', 0),
    telemetry: readTelemetry(env, { name: 'weather-api', version: manifest.version }),
  }))
}

/** The agent's token has to be an agent identity's; other callers may be of any kind. */
function readCallers(env: EnvironmentReader): readonly AllowedCaller[] {
  const agentClientId = env.optionalGuid('AGENT_CLIENT_ID')
  const listed = env.guidList('WEATHER_ALLOWED_CALLERS')
  if (listed.length === 0 && agentClientId === undefined)
    env.fault('Neither WEATHER_ALLOWED_CALLERS nor AGENT_CLIENT_ID is set; nobody could call this API.')
  const agentAlone = agentClientId === undefined ? [] : [agentClientId]
  return (listed.length > 0 ? listed : agentAlone).map(clientId => ({
    clientId,
    isAgent: clientId === agentClientId,
  }))
}

function readMcp(env: EnvironmentReader): McpConfig {
  const allowedHosts = env.hostNames('ALLOWED_HOSTS')
  if (env.optional('PUBLIC_URL') === undefined) return { publicUrl: undefined, allowedHosts }
  const publicUrl = env.secureUrl('PUBLIC_URL')
  return { publicUrl, allowedHosts: [...allowedHosts, URL.parse(publicUrl)?.hostname ?? ''] }
}

/** Verification of signatures can be switched off for demonstrations, but not in production. */
function readVerifySignature(env: EnvironmentReader): boolean {
  const verify = env.flag('VALIDATE_TOKEN_SIGNATURE', true)
  if (!verify && env.optional('NODE_ENV') === 'production')
    env.fault(
      'VALIDATE_TOKEN_SIGNATURE=false is refused with NODE_ENV=production: anybody could forge tokens.',
    )
  return verify
}
