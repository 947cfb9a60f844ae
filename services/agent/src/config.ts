import { type EnvironmentReader, readEnvironment } from '@entra-bedrock-agent/service-kit'
import { type BedrockConfig, type NoBedrock, readBedrockConfig } from './model/config.ts'
import { version } from './version.ts'

const emulatedParts = ['entra', 'auth-sidecar', 'bedrock'] as const

export interface IdentityConfig {
  readonly tenantId: string
  readonly blueprintAppId: string
  readonly agentClientId: string
  readonly weatherApiAppId: string
  /** The application that people sign in to; without it the page offers no sign-in. */
  readonly spaClientId: string | undefined
  /** Entra's origin as services and browsers see it, without a trailing slash. */
  readonly authority: string
}

export interface LimitsConfig {
  /** What one turn may take at most. */
  readonly turnTimeoutMs: number
  /** Turns that run at the same time in this process. */
  readonly concurrentTurns: number
  /** Messages per client address. */
  readonly messagesPerMinute: number
}

export interface Config {
  readonly version: string
  readonly host: string
  readonly port: number
  readonly metricsPort: number
  readonly logLevel: string
  readonly stopTimeoutMs: number
  /** Proxies whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[]
  readonly identity: IdentityConfig
  readonly sidecarUrl: string
  readonly weatherApiUrl: string
  readonly bedrock: BedrockConfig | NoBedrock
  readonly requireSignIn: boolean
  readonly limits: LimitsConfig
  /** Where the built page lies; `undefined` = beside the sources. */
  readonly pageFolder: string | undefined
  /** What is a stand-in here. A label for status and page; nothing is decided by it. */
  readonly emulated: readonly string[]
}

/**
 * Reads the environment.
 *
 * @throws {ConfigurationError} that names every fault at once.
 */
export function readConfig(variables: NodeJS.ProcessEnv): Config {
  return readEnvironment(variables, env => ({
    version,
    host: env.text('HOST', '::'),
    port: env.port('PORT', 3001),
    metricsPort: env.port('METRICS_PORT', 9464),
    logLevel: env.oneOf('LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    stopTimeoutMs: env.integer('STOP_TIMEOUT_MS', 25_000, 1_000, 600_000),
    trustedProxies: env.list('TRUSTED_PROXIES', []),
    identity: {
      tenantId: env.guid('TENANT_ID'),
      blueprintAppId: env.guid('BLUEPRINT_APP_ID'),
      agentClientId: env.guid('AGENT_CLIENT_ID'),
      weatherApiAppId: env.guid('WEATHER_API_APP_ID'),
      spaClientId: env.optionalGuid('CLIENT_SPA_APP_ID'),
      authority: env.url('ENTRA_AUTHORITY', 'https://login.microsoftonline.com'),
    },
    sidecarUrl: readSidecarUrl(env),
    weatherApiUrl: env.url('WEATHER_API_URL', 'http://localhost:8080'),
    bedrock: readBedrockConfig(env),
    requireSignIn: env.flag('REQUIRE_SIGN_IN', false),
    limits: {
      turnTimeoutMs: env.integer('TURN_TIMEOUT_MS', 120_000, 1_000, 900_000),
      concurrentTurns: env.integer('MAX_CONCURRENT_TURNS', 2_000, 1, 1_000_000),
      messagesPerMinute: env.integer('RATE_LIMIT_PER_MINUTE', 60_000, 1, 1_000_000_000),
    },
    pageFolder: env.optional('CHAT_UI_DIR'),
    emulated: readEmulated(env),
  }))
}

/** By the name `localhost`: the only host name that every version of the sidecar accepts. */
function readSidecarUrl(env: EnvironmentReader): string {
  const url = env.url('SIDECAR_URL', 'http://localhost:5000')
  return url.replace(/^(https?:\/\/)(?:127\.0\.0\.1|\[::1\])(?=[:/]|$)/, '$1localhost')
}

function readEmulated(env: EnvironmentReader): readonly string[] {
  const parts = env.list('EMULATED', [])
  for (const part of parts) {
    if (!emulatedParts.some(known => known === part)) {
      env.fault(`EMULATED may list ${emulatedParts.join(', ')}; "${part}" is none of them.`)
    }
  }
  return parts
}
