export type Variables = Readonly<Record<string, string | undefined>>

const services = 'OTEL_(?!SERVICE_NAME$).+'

/** What a user may tell each process of the demo. What is secret goes to the one process that needs it. */
const handedOn = {
  everyone: oneOf(
    'PATH|HOME|LANG|TZ|HTTPS_PROXY|NO_PROXY|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|NODE_USE_SYSTEM_CA',
  ),
  entra: oneOf('REGISTRATIONS_FILE'),
  sidecar: oneOf('(DownstreamApis|Logging)__.+'),
  weatherApi: oneOf(
    `${services}|OPEN_METEO_.+|WEATHER_(PROVIDER|REQUIRE_AGENT_MARKER)|PUBLIC_URL|VALIDATE_TOKEN_SIGNATURE`,
  ),
  agent: oneOf(
    `${services}|MCP_CONFIG|ALLOWED_HOSTS|MAX_CONCURRENT_TURNS|RATE_LIMIT_PER_MINUTE|REQUIRE_SIGN_IN|STOP_TIMEOUT_MS|TRACE_FOR|TRUSTED_PROXIES|TURN_TIMEOUT_MS`,
  ),
  realBedrock: oneOf('(AWS|BEDROCK)_.+'),
}

/** What of the user's environment is for this part of the demo. Empty means unset. */
export function handOn(variables: Variables, part: keyof typeof handedOn): Record<string, string> {
  return pick(variables, handedOn[part])
}

/** The variables of an API's tools; `prefix` is the API's name in them, such as `TASKS_API`. */
export function variablesOfApi(variables: Variables, prefix: string): Record<string, string> {
  return pick(variables, oneOf(`${prefix}_.+`))
}

function oneOf(names: string): RegExp {
  return new RegExp(`^(?:${names})$`)
}

function pick(variables: Variables, names: RegExp): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] => names.test(entry[0]) && Boolean(entry[1]),
    ),
  )
}
