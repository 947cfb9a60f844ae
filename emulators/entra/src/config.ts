import { readFileSync } from 'node:fs'
import { tenant } from '@entra-agents/demo-tenant'
import { type EnvironmentReader, loopbackHosts, readEnvironment } from '@entra-agents/service-kit'
import { readRegistrations } from './directory/registrations.ts'
import { demoDomain, wellKnown } from './directory/well-known.ts'
import { readSeed } from './seed/read-seed.ts'

export type Config = ReturnType<typeof readConfig>

/**
 * Reads the environment; the workspace's README lists the variables. Ids default to the demo's.
 *
 * @param seed takes the place of `ENTRA_SEED`: a file's path, or what would be in the file
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, seed?: string | object) {
  return readEnvironment(env, reader => {
    const own = readVariables(reader, seed)
    if (own.seed) refuseDemoVariables(reader)
    return { ...own, registrations: readRegistrations(reader, takenIds(own)) }
  })
}

/** What describes the demo's tenant, and would be without effect beside a seed file. */
const demoVariables = [
  ...[
    'TENANT_ID',
    'AGENT_CLIENT_ID',
    'REGISTRATIONS_FILE',
    'EMPTY_TENANT',
    'SETUP_APP_ID',
    'SETUP_CLIENT_SECRET',
  ],
  ...['BLUEPRINT_APP_ID', 'BLUEPRINT_CLIENT_SECRET', 'BLUEPRINT_CERTIFICATE_FILE', 'FEDERATED_ISSUER'],
  ...['FEDERATED_SUBJECT', 'FEDERATED_AUDIENCE', 'WEATHER_API_APP_ID', 'WEATHER_API_PUBLIC_URL'],
  ...['WEATHER_API_TOKEN_VERSION', 'CLIENT_SPA_APP_ID', 'SPA_REDIRECT_URI', 'CONSENT_REDIRECT_URI'],
]

function refuseDemoVariables(reader: EnvironmentReader): void {
  const present = demoVariables.filter(name => reader.optional(name) !== undefined)
  if (present.length > 0)
    reader.fault(
      `${present.join(', ')}: of no use with ENTRA_SEED, whose file says all of the tenant. Unset what is named, or unset ENTRA_SEED.`,
    )
}

function readVariables(reader: EnvironmentReader, givenSeed?: string | object) {
  const seed = readSeed(reader, givenSeed)
  const redirectUris = readRedirectUris(reader)
  return {
    host: reader.text('HOST', 'localhost'),
    port: reader.port('PORT', 7001),
    logLevel: reader.logLevel(),
    allowedHosts: reader.hostNames('ALLOWED_HOSTS'),
    keepsClaims: reader.flag(
      'KEEP_CLAIMS',
      ['::1', ...loopbackHosts].includes(reader.text('HOST', 'localhost')),
    ),
    publicUrl: reader.optional('PUBLIC_URL') === undefined ? undefined : reader.url('PUBLIC_URL'),
    tls: readTls(reader),
    documentHosts: reader.list('CLIENT_DOCUMENT_HOSTS', []).map(host => host.toLowerCase()),
    isEmpty: reader.flag('EMPTY_TENANT', false),
    seed,
    tenantId: seed?.tenantId ?? reader.guid('TENANT_ID', tenant.tenantId),
    /** The tenant's verified domain. */
    domain: seed?.domain ?? demoDomain,
    blueprint: {
      appId: reader.guid('BLUEPRINT_APP_ID', tenant.blueprint.appId),
      clientSecret: reader.optional('BLUEPRINT_CLIENT_SECRET'),
      certificate: readFile(reader, 'BLUEPRINT_CERTIFICATE_FILE'),
      federatedCredential: readFederatedCredential(reader),
      consentUris: readConsentUris(reader, redirectUris),
    },
    agentId: reader.guid('AGENT_CLIENT_ID', tenant.agents.weather.id),
    weatherApi: {
      appId: reader.guid('WEATHER_API_APP_ID', tenant.apis['weather-api'].appId),
      // A second Application ID URI, which MCP clients send as `resource`.
      publicUrl: reader.optional('WEATHER_API_PUBLIC_URL'),
      tokenVersion:
        reader.oneOf('WEATHER_API_TOKEN_VERSION', ['1', '2'], '2') === '1' ? (1 as const) : (2 as const),
    },
    spa: {
      appId: reader.guid('CLIENT_SPA_APP_ID', tenant.page.appId),
      redirectUris,
    },
    setupApp: {
      appId: reader.guid('SETUP_APP_ID', tenant.setUp.appId),
      clientSecret: reader.optional('SETUP_CLIENT_SECRET'),
    },
  }
}

function takenIds(own: ReturnType<typeof readVariables>): readonly string[] {
  const { agentId, blueprint, weatherApi, spa, setupApp } = own
  const applications = [blueprint, weatherApi, spa, setupApp].map(({ appId }) => appId)
  const agentIds = Object.values({ ...tenant.agents, weather: { id: agentId } }).map(({ id }) => id)
  return [...agentIds, ...applications, ...Object.values(wellKnown)]
}

function readRedirectUris(reader: EnvironmentReader): readonly string[] {
  const uris = reader.list('SPA_REDIRECT_URI', ['http://localhost:3001/auth/redirect.html'])
  for (const uri of uris) {
    if (!URL.canParse(uri)) reader.fault(`SPA_REDIRECT_URI must be a list of URLs; "${uri}" is none.`)
  }
  return uris
}

/** Where browsers may return after a consent for agents. Default: `/auth/consent.html` at the origin of each redirect URI. */
function readConsentUris(reader: EnvironmentReader, redirectUris: readonly string[]): readonly string[] {
  const beside = redirectUris.map(uri => URL.parse('/auth/consent.html', uri)?.href ?? '')
  return reader.list('CONSENT_REDIRECT_URI', beside)
}

function readTls(reader: EnvironmentReader): { cert: string; key: string } | undefined {
  const cert = readFile(reader, 'TLS_CERT_FILE')
  const key = readFile(reader, 'TLS_KEY_FILE')
  if (cert !== undefined && key !== undefined) return { cert, key }
  if (cert ?? key) reader.fault('TLS_CERT_FILE and TLS_KEY_FILE go together: set both or neither.')
  return undefined
}

function readFederatedCredential(reader: EnvironmentReader) {
  const issuer = reader.optional('FEDERATED_ISSUER')
  const subject = reader.optional('FEDERATED_SUBJECT')
  const audiences = [reader.text('FEDERATED_AUDIENCE', wellKnown.tokenExchangeUri)]
  if (issuer && subject) return { issuer, subject, audiences }
  if (issuer ?? subject)
    reader.fault('FEDERATED_ISSUER and FEDERATED_SUBJECT go together: set both or neither.')
  return undefined
}

function readFile(reader: EnvironmentReader, variable: string): string | undefined {
  const path = reader.optional(variable)
  if (path === undefined) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    reader.fault(`${variable} names ${path}, which can't be read: ${(error as Error).message}.`)
    return undefined
  }
}
