import type { Variables } from '@entra-agents/service-kit'

export const telemetryNames = 'OTEL_(?!SERVICE_NAME$).+'

/** The variables of the user's environment that each process of the demo gets. Secrets go only to the process that needs them. */
const variablesByPart = {
  everyone: patternOfNames(
    'PATH|HOME|LANG|TZ|(HTTPS?|NO)_PROXY|(https?|no)_proxy|NODE_EXTRA_CA_CERTS|NODE_USE_ENV_PROXY|NODE_USE_SYSTEM_CA',
  ),
  entra: patternOfNames('ENTRA_SEED|REGISTRATIONS_FILE'),
  sidecar: patternOfNames('(DownstreamApis|Logging|Sidecar)__.+'),
  agent: patternOfNames(
    `${telemetryNames}|(AGENTS|MCP)_CONFIG(_SHA256)?|ALLOWED_HOSTS|CONSENT_FROM_TURNS|MAX_CONCURRENT_TURNS|RATE_LIMIT_PER_MINUTE|REQUIRE_SIGN_IN|SEAL_KEYS_FILE|STOP_TIMEOUT_MS|TRACE_(FOR|LINKS)|TRUSTED_PROXIES|TURN_(INPUT_TOKENS|TIMEOUT_MS)`,
  ),
  realBedrock: patternOfNames('(AWS|BEDROCK)_.+'),
}

/** Variables that mean that the user wants to use an AWS account. */
const awsCredentials = ['AWS_ACCESS_KEY_ID', 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_ROLE_ARN', 'AWS_PROFILE']

/** The variable because of which the demo calls the real Bedrock; `undefined` if it uses the emulator. */
export function realBedrockVariable(variables: Variables): string | undefined {
  return awsCredentials.find(name => variables[name])
}

/** The variables of the user's environment for this part of the demo. An empty one counts as unset. */
export function variablesForPart(
  variables: Variables,
  part: keyof typeof variablesByPart,
): Record<string, string> {
  return pick(variables, variablesByPart[part])
}

/** The variables of the user's environment whose whole name fits a pattern, such as `TASKS_API_.+`. */
export function variablesNamed(variables: Variables, names: string): Record<string, string> {
  return pick(variables, patternOfNames(names))
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
