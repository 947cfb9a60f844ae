import { isAbsolute } from 'node:path'
import { type EnvironmentReader, isGuid, readEnvironment } from '@entra-agents/service-kit'
import { readTelemetry } from '@entra-agents/telemetry'
import { type AllowedCaller, isDenyListLocation } from '@entra-agents/tokens'
import manifest from '../package.json' with { type: 'json' }

export type Config = ReturnType<typeof readConfig>

/** Where the weather comes from. */
export type WeatherConfig = Config['weather']

/**
 * Reads the environment.
 *
 * @throws {ConfigurationError} with all faults.
 */
export function readConfig(variables: NodeJS.ProcessEnv) {
  return readEnvironment(variables, env => ({
    host: env.text('HOST', 'localhost'),
    port: env.port('PORT', 8080),
    logLevel: env.logLevel(),
    /** Which tokens are accepted, and which clients may call. */
    token: {
      authority: env.secureUrl('ENTRA_AUTHORITY', 'https://login.microsoftonline.com'),
      tenantId: env.guid('TENANT_ID'),
      appId: env.guid('WEATHER_API_APP_ID'),
      callers: readCallers(env),
      verifySignature: readVerifySignature(env),
      requireAgentMarker: env.flag('WEATHER_REQUIRE_AGENT_MARKER', false),
      denyList: readDenyList(env),
    },
    weather: {
      provider: env.oneOf('WEATHER_PROVIDER', ['auto', 'open-meteo', 'climate-normals'], 'auto'),
      geocodingUrl: env.url('OPEN_METEO_GEOCODING_URL', 'https://geocoding-api.open-meteo.com'),
      forecastUrl: env.url('OPEN_METEO_FORECAST_URL', 'https://api.open-meteo.com'),
    },
    alerts: readAlerts(env),
    mcp: readMcp(env),
    /** The port of `/metrics`; `undefined` if there are no metrics. */
    metricsPort: env.optional('METRICS_PORT') === undefined ? undefined : env.port('METRICS_PORT', 0),
    /** Where spans are sent; `undefined` if requests are not traced. */
    telemetry: readTelemetry(env, { name: 'weather-api', version: manifest.version }),
  }))
}

/** The agents must call as agent identities; other callers may be of any kind. */
function readCallers(env: EnvironmentReader): readonly AllowedCaller[] {
  const agents = env.guidList('AGENT_CLIENT_ID')
  const listed = env.guidList('WEATHER_ALLOWED_CALLERS')
  const callers = listed.length > 0 ? listed : agents
  if (callers.length === 0)
    env.fault('Neither WEATHER_ALLOWED_CALLERS nor AGENT_CLIENT_ID is set; nobody could call this API.')
  const agentUsers = readAgentUsers(env)
  for (const agent of agentUsers.keys()) {
    if (!agents.includes(agent) || !callers.includes(agent))
      env.fault(
        `AGENT_USERS names ${agent}, which has to be in AGENT_CLIENT_ID, and among those that may call.`,
      )
  }
  return callers.map(clientId => {
    const agentUserId = agentUsers.get(clientId)
    const isAgent = agents.includes(clientId)
    return { clientId, isAgent, ...(agentUserId === undefined ? {} : { agentUserId }) }
  })
}

/** The object id of each agent's own user account, by the agent's client id. Neither id may occur twice. */
function readAgentUsers(env: EnvironmentReader): ReadonlyMap<string, string> {
  const pairs = env.list('AGENT_USERS', []).map(pair => pair.toLowerCase().split('='))
  const ids = pairs.flat()
  if (!pairs.every(({ length }) => length === 2) || !ids.every(isGuid) || new Set(ids).size < ids.length)
    env.fault(
      'AGENT_USERS must be a comma-separated list of <agent client id>=<user object id>, each id once.',
    )
  return new Map(pairs.map(([agent = '', user = '']) => [agent, user]))
}

/**
 * The SQLite file that keeps alerts of users and agents, and the authentication context that tokens of users have to prove to
 * change alerts; `undefined` if there are no alerts.
 */
function readAlerts(env: EnvironmentReader) {
  const file = env.optional('ALERTS_FILE')
  const authenticationContext = env.optional('ALERTS_AUTH_CONTEXT')
  if (authenticationContext !== undefined && !/^c[1-9][0-9]?$/.test(authenticationContext))
    env.fault(`ALERTS_AUTH_CONTEXT must be one of c1 to c99; it is "${authenticationContext}".`)
  if (file === undefined) {
    if (authenticationContext !== undefined)
      env.fault('ALERTS_AUTH_CONTEXT is set, but not ALERTS_FILE, so that there are no alerts.')
    return undefined
  }
  if (!isAbsolute(file)) env.fault(`ALERTS_FILE must be an absolute path; it is "${file}".`)
  return { file, authenticationContext }
}

/** The URL of `/mcp` as clients know it, which they also send to Entra as `resource`, and the host names by which it may be called. */
function readMcp(env: EnvironmentReader) {
  const allowedHosts = env.hostNames('ALLOWED_HOSTS')
  if (env.optional('PUBLIC_URL') === undefined) return { publicUrl: undefined, allowedHosts }
  const publicUrl = env.secureUrl('PUBLIC_URL')
  return { publicUrl, allowedHosts: [...allowedHosts, URL.parse(publicUrl)?.hostname ?? ''] }
}

/** A file or URL with agents and tokens that are refused. */
function readDenyList(env: EnvironmentReader): string | undefined {
  const location = env.optional('WEATHER_DENY_LIST')
  if (location !== undefined && !isDenyListLocation(location))
    env.fault('WEATHER_DENY_LIST must be a file or an https URL, or an http URL on localhost.')
  return location
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
