import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { readConfig as readAgentConfig } from '@entra-agents/agent/config'
import { sidecarEntries, sidecarSettings } from '@entra-agents/agentctl/sidecar-entries'
import { apisOf, readSealKeys } from '@entra-agents/approval'
import { variablePrefix } from '@entra-agents/identity/core'
import { type EnvironmentReader, readEnvironment, type Variables } from '@entra-agents/service-kit'
import { readConfig as readEntraConfig } from '../../emulators/entra/src/config.ts'
import seed from '../../emulators/entra/src/seed/demo.json' with { type: 'json' }
import { keepCertificate, readEntraTls } from './certificate.ts'
import { keepFile } from './files.ts'
import type { DemoProcess, Example, ReadExample } from './process.ts'
import { takeoverExample } from './takeover.ts'
import { realBedrockVariable, variablesForPart, variablesNamed } from './variables.ts'
import { weatherExample } from './weather.ts'

/** The APIs that the demo brings along. */
export const ownApis: readonly ReadExample[] = [weatherExample]
const ownExamples = [...ownApis, takeoverExample]

/**
 * Ids and secret of the demo's applications, by the names of the services' variables. They exist in the emulator of Entra
 * only.
 */
function demoIdentities() {
  const { weather: blueprint } = seed.blueprints
  return {
    TENANT_ID: seed.tenant.id,
    BLUEPRINT_APP_ID: blueprint.id,
    // New at every start; only the emulators of Entra and the sidecar get it.
    BLUEPRINT_CLIENT_SECRET: randomBytes(24).toString('base64url'),
    AGENT_CLIENT_ID: blueprint.agents['weather-agent'].id,
    CLIENT_SPA_APP_ID: seed.apps.page.id,
  }
}

/**
 * The processes of the demo; the agent is the last.
 *
 * @throws {ConfigurationError} for invalid ports, and for faults in the user's files and the agent's settings
 */
export function describeProcesses(
  variables: Variables,
  identities = demoIdentities(),
  readExamples: readonly ReadExample[] = ownExamples,
): readonly DemoProcess[] {
  const { ports, tls, examples } = readEnvironment(variables, env => {
    const ports = readPorts(env)
    const tls = readEntraTls(env, ports.entra)
    requireOwnEntries(env, variables)
    return { ports, tls, examples: readExamples.flatMap(read => read(env, variables) ?? []) }
  })
  const urls = {
    entra: `${tls ? 'https' : 'http'}://localhost:${ports.entra}`,
    bedrock: `http://localhost:${ports.bedrock}`,
    sidecar: `http://localhost:${ports.sidecar}`,
    agent: `http://localhost:${ports.agent}`,
  }
  const { BLUEPRINT_CLIENT_SECRET, ...own } = identities
  const ids = { ...settingsOf(examples.map(example => example.ids)), ...own }
  const shared = {
    ...variablesForPart(variables, 'everyone'),
    ...tls?.client,
    ...ids,
    HOST: 'localhost',
    LOG_LEVEL: variables['LOG_LEVEL'] || 'info',
  }
  // The listen address of the processes that browsers call.
  const HOST = variables['HOST'] || shared.HOST
  const bedrock = makeBedrockKeys()
  const usesRealBedrock = realBedrockVariable(variables) !== undefined
  const entraEnv = {
    ...shared,
    ...variablesForPart(variables, 'entra'),
    ...tls?.server,
    HOST,
    PORT: String(ports.entra),
    PUBLIC_URL: urls.entra,
    BLUEPRINT_CLIENT_SECRET,
    // After a restart users are still signed in.
    SIGNING_KEY_FILE: keepCertificate(`entra-${ports.entra}-signing.pem`).file,
    // The sidecar hands out no token in its last five minutes, so that each question shows a new exchange.
    AGENT_TOKEN_LIFETIME_SECONDS: '300',
    ...settingsOf(examples.map(example => example.entraEnv)),
    SPA_REDIRECT_URI: `${urls.agent}/auth/redirect.html`,
  }
  const agentEnv = {
    // The emulator's own page about a token request.
    TRACE_LINKS: JSON.stringify({
      entra: `${urls.entra}/emulator?correlation={correlationId}&token={tokenId}`,
    }),
    ...agentSettings(examples, ids),
    ...toolSettings(variables, entraEnv),
    ...shared,
    // A call that waits can be approved after a restart.
    SEAL_KEYS_FILE: keepFile(`agent-${ports.agent}-seal-keys`, readSealKeys, makeSealKeys),
    ...variablesForPart(variables, 'agent'),
    ...(usesRealBedrock ? variablesForPart(variables, 'realBedrock') : bedrock.client(urls.bedrock)),
    HOST,
    PORT: String(ports.agent),
    METRICS_PORT: String(ports.metrics),
    SIDECAR_URL: urls.sidecar,
    ENTRA_AUTHORITY: urls.entra,
    BLUEPRINT_CREDENTIAL: 'secret',
    // The redirect URI that the emulated blueprint has.
    CONSENT_REDIRECT_URI: `${urls.agent}/auth/consent.html`,
    EMULATED: usesRealBedrock ? 'entra,auth-sidecar' : 'entra,auth-sidecar,bedrock',
  }
  const { toolsets, mcpServers, agents } = readAgentConfig(agentEnv)
  const apis = [...toolsets.flatMap(apisOf), ...mcpServers.map(({ api }) => api)]

  return [
    {
      name: 'entra',
      main: mainFileOf('emulators/entra'),
      port: ports.entra,
      variable: 'ENTRA_PORT',
      healthUrl: `${urls.entra}/${identities.TENANT_ID}/v2.0/.well-known/openid-configuration`,
      env: entraEnv,
    },
    {
      name: 'sidecar',
      main: mainFileOf('emulators/auth-sidecar'),
      port: ports.sidecar,
      variable: 'SIDECAR_PORT',
      healthUrl: `${urls.sidecar}/healthz`,
      env: {
        ...shared,
        ...sidecarEntries(apis),
        ...sidecarSettings({
          url: urls.sidecar,
          authority: urls.entra,
          tenantId: identities.TENANT_ID,
          blueprintAppId: identities.BLUEPRINT_APP_ID,
          clientSecret: identities.BLUEPRINT_CLIENT_SECRET,
        }),
        ...variablesForPart(variables, 'sidecar'),
      },
    },
    ...examples.map(example => example.describe({ shared, entraUrl: urls.entra, agents })),
    ...(usesRealBedrock
      ? []
      : [
          {
            name: 'bedrock',
            main: mainFileOf('emulators/bedrock'),
            port: ports.bedrock,
            variable: 'BEDROCK_PORT',
            healthUrl: `${urls.bedrock}/emulator/health`,
            // The emulator writes about as fast as a real model, so that streaming can be seen.
            env: {
              ...shared,
              ...bedrock.emulator,
              ...settingsOf(examples.map(({ bedrockEnv = {} }) => bedrockEnv)),
              PORT: String(ports.bedrock),
              EMULATOR_FIRST_TOKEN_MS: '250',
              EMULATOR_TOKEN_DELAY_MS: '15',
            },
          },
        ]),
    {
      name: 'agent',
      main: mainFileOf('services/agent'),
      port: ports.agent,
      variable: 'PORT',
      metrics: { port: ports.metrics, variable: 'METRICS_PORT' },
      healthUrl: `${urls.agent}/readyz`,
      env: agentEnv,
    },
  ]
}

/** A seed of the user has to have what the demo runs with. */
function requireOwnEntries(env: EnvironmentReader, { ENTRA_SEED }: Variables): void {
  const { clients } = readEntraConfig({ ENTRA_SEED }).seed.ids
  const missing = ['weather', 'weather-agent', 'page', 'weather-api'].filter(name => !clients.has(name))
  if (missing.length > 0)
    env.fault(
      `The file that ENTRA_SEED names lacks ${missing.join(', ')}, which the demo runs with: let it have “extends: demo”.`,
    )
}

/** The agent's variables for the APIs that the user's seed adds: each API's app id, and all variables with its prefix. */
function toolSettings(variables: Variables, entraEnv: Variables): Record<string, string> {
  const added = readEntraConfig(entraEnv).seed.apis.filter(({ name }) => !Object.hasOwn(seed.apps, name))
  const settings = added.map(({ name, appId }) => {
    const prefix = variablePrefix(name)
    return { ...variablesNamed(variables, `${prefix}_.+`), [`${prefix}_APP_ID`]: appId }
  })
  return settingsOf(settings)
}

function agentSettings(examples: readonly Example[], ids: Record<string, string>): Record<string, string> {
  const settings = {}
  for (const example of examples) Object.assign(settings, example.agentEnv(ids, settings))
  return settings
}

function settingsOf(settings: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  return Object.assign({}, ...settings)
}

function mainFileOf(workspace: string): string {
  return resolve(import.meta.dirname, '../..', workspace, 'src/main.ts')
}

function readPorts(env: EnvironmentReader) {
  return {
    entra: env.port('ENTRA_PORT', 7001),
    bedrock: env.port('BEDROCK_PORT', 7002),
    sidecar: env.port('SIDECAR_PORT', 5000),
    agent: env.port('PORT', 3001),
    metrics: env.port('METRICS_PORT', 9464),
  }
}

function makeSealKeys(): string {
  return `demo ${randomBytes(32).toString('base64')}\n`
}

/** New access keys for the emulator of Bedrock, at every start. */
function makeBedrockKeys() {
  const accessKeyId = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const secretAccessKey = randomBytes(30).toString('base64')
  const sessionToken = randomBytes(48).toString('base64')
  return {
    emulator: {
      EMULATOR_ACCESS_KEY_ID: accessKeyId,
      EMULATOR_SECRET_ACCESS_KEY: secretAccessKey,
      EMULATOR_SESSION_TOKEN: sessionToken,
    },
    client: (url: string) => ({
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
      AWS_ENDPOINT_URL_STS: url,
    }),
  }
}
