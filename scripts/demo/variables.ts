import type { Variables } from '@entra-agents/service-kit'

const telemetryNames = 'OTEL_(?!SERVICE_NAME$).+'

/** The variables of the user's environment that each process of the demo gets. Secrets go only to the process that needs them. */
const variablesByPart = {
  everyone: patternOfNames(
    'PATH|HOME|LANG|TZ|(HTTPS?|NO)_PROXY|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|NODE_USE_SYSTEM_CA',
  ),
  entra: patternOfNames('REGISTRATIONS_FILE'),
  sidecar: patternOfNames('(DownstreamApis|Logging)__.+'),
  weatherApi: patternOfNames(
    `${telemetryNames}|OPEN_METEO_.+|ALERTS_(FILE|AUTH_CONTEXT)|WEATHER_(DENY_LIST|PROVIDER|REQUIRE_AGENT_MARKER)|PUBLIC_URL|VALIDATE_TOKEN_SIGNATURE`,
  ),
  agent: patternOfNames(
    `${telemetryNames}|(AGENTS|MCP)_CONFIG(_SHA256)?|WEATHER_API_(ALERTS|UNATTENDED_TOOLS)|ALERTS_AUTH_CONTEXT|ALLOWED_HOSTS|CONSENT_FROM_TURNS|MAX_CONCURRENT_TURNS|RATE_LIMIT_PER_MINUTE|REQUIRE_SIGN_IN|SEAL_KEYS_FILE|STOP_TIMEOUT_MS|TRACE_FOR|TRUSTED_PROXIES|TURN_(INPUT_TOKENS|TIMEOUT_MS)`,
  ),
  realBedrock: patternOfNames('(AWS|BEDROCK)_.+'),
}

/** The variables of the user's environment for this part of the demo. An empty one counts as unset. */
export function variablesForPart(
  variables: Variables,
  part: keyof typeof variablesByPart,
): Record<string, string> {
  return pick(variables, variablesByPart[part])
}

/** The variables of an API's tools, which begin with `prefix`, such as `TASKS_API`. */
export function variablesOfApi(variables: Variables, prefix: string): Record<string, string> {
  return pick(variables, patternOfNames(`${prefix}_.+`))
}

function patternOfNames(names: string): RegExp {
  return new RegExp(`^(?:${names})$`)
}

function pick(variables: Variables, names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] => names.test(entry[0]) && Boolean(entry[1]),
    ),
  )
}
