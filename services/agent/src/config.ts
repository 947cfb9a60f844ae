import { readSealKeyFile, type Toolset } from '@entra-agents/approval'
import { readBedrockConfig } from '@entra-agents/bedrock-access'
import { type Blueprint, readAgents } from '@entra-agents/identity/core'
import { readMcpServers } from '@entra-agents/mcp-tools'
import { type EnvironmentReader, isProxyRange, readEnvironment } from '@entra-agents/service-kit'
import { readTelemetry, readTokenPrices } from '@entra-agents/telemetry'
import { blueprintCredentials } from '@entra-agents/trace'
import manifest from '../package.json' with { type: 'json' }
import { readComparison } from './comparison.ts'
import { readWeatherToolset } from './tools/weather/toolset.ts'
import { readTraceLinks } from './trace-links.ts'
import { consentFromTurns } from './turn/turn.ts'

/** Reads the tools of one API; `undefined` if the API is not configured, and the agent does without it. */
type ToolsetReader = (env: EnvironmentReader) => Toolset | undefined

/** Every API that the agent has tools for. A further API needs a folder under tools/ and its name here. */
const toolsetReaders: readonly ToolsetReader[] = [readWeatherToolset]

const emulatedParts: readonly string[] = ['entra', 'auth-sidecar', 'bedrock']

/** The configuration, once it has passed all checks. */
export type Config = ReturnType<typeof readConfig>

/**
 * Reads the environment.
 *
 * @throws {ConfigurationError} that names every fault at once.
 */
export function readConfig(variables: NodeJS.ProcessEnv) {
  const { version } = manifest
  return readEnvironment(variables, env => {
    const toolsets = readToolsets(env)
    const ownApis = toolsets.map(({ api }) => api)
    const mcpServers = readMcpServers(env, ownApis)
    const apis = [...ownApis, ...mcpServers.map(({ api }) => api)].map(({ name }) => name)
    const spaClientId = env.optionalGuid('CLIENT_SPA_APP_ID')
    const blueprint: Blueprint = {
      tenantId: env.guid('TENANT_ID'),
      blueprintAppId: env.guid('BLUEPRINT_APP_ID'),
      authority: env.secureUrl('ENTRA_AUTHORITY', 'https://login.microsoftonline.com'),
    }
    const agents = readAgents(env, blueprint, apis)
    return {
      version,
      host: env.text('HOST', 'localhost'),
      port: env.port('PORT', 3001),
      metricsPort: env.port('METRICS_PORT', 9464),
      /** Host names by which browsers may call the agent; `*` allows any name. */
      allowedHosts: env.hostNames('ALLOWED_HOSTS'),
      logLevel: env.logLevel(),
      stopTimeoutMs: env.integer('STOP_TIMEOUT_MS', 25_000, 1_000, 600_000),
      /** Proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed. */
      trustedProxies: env.listOf('TRUSTED_PROXIES', 'IP addresses and CIDR blocks', isProxyRange),
      blueprint,
      /** The kind of the sidecar's credential, as configured; for display only. */
      blueprintCredential: env.oneOf('BLUEPRINT_CREDENTIAL', blueprintCredentials, 'unknown'),
      agents,
      /** A question that the page offers to ask two agents side by side. */
      comparison: readComparison(env, agents),
      /** The application that users sign in to; without it the page offers no sign-in. */
      spaClientId,
      /** Clients that may obtain users' tokens for the agent, by default only the page; an empty list allows any client. */
      allowedClients: env.guidList('ALLOWED_CLIENTS', spaClientId),
      sidecarUrl: env.secureUrl('SIDECAR_URL', 'http://localhost:5000'),
      /** The APIs that the agent has tools for, each with its tools. */
      toolsets,
      /** The MCP servers whose tools the agent uses, too. */
      mcpServers,
      bedrock: readBedrockConfig(env),
      tokenPrices: readTokenPrices(env),
      /** Where spans go; `undefined` if nothing is traced. */
      telemetry: readTelemetry(env, { name: 'agent', version }),
      /** Whether users must be signed in to ask an agent that has no rule of its own. */
      requireSignIn: env.flag('REQUIRE_SIGN_IN', false),
      traceFor: env.oneOf('TRACE_FOR', ['everyone', 'signed-in', 'nobody'], 'everyone'),
      /** Addresses at which readers of a trace find the turn elsewhere. */
      traceLinks: readTraceLinks(env),
      limits: {
        /** How long one turn may take. */
        turnTimeoutMs: env.integer('TURN_TIMEOUT_MS', 120_000, 1_000, 900_000),
        /** How many turns may run at the same time in this process. */
        concurrentTurns: env.integer('MAX_CONCURRENT_TURNS', 2_000, 1, 1_000_000),
        /** How many input tokens the model calls of one turn may use together; 0: no limit. */
        turnInputTokens: env.integer('TURN_INPUT_TOKENS', 500_000, 0, 1_000_000_000),
        /** How many messages are accepted from one client address. */
        messagesPerMinute: env.integer('RATE_LIMIT_PER_MINUTE', 600, 1, 1_000_000_000),
      },
      /** The keys that seal turns that wait for their user; `undefined` if this process makes a key of its own. */
      sealKeys: readSealKeyFile(env),
      /** The page's address to which Entra sends browsers back after a consent; `undefined` if no turn waits for a consent. */
      consentRedirectUri: env.secureUrl('CONSENT_REDIRECT_URI', '') || undefined,
      /** When a turn may ask its user for a consent. */
      consentFromTurns: env.oneOf('CONSENT_FROM_TURNS', consentFromTurns, 'first-call'),
      /** The folder of the built page; `undefined` for the folder into which `services/chat-ui` is built. */
      pageFolder: env.optional('CHAT_UI_DIR'),
      /** What is emulated in this deployment: a label for status and page that decides nothing. */
      emulated: env.listOf('EMULATED', emulatedParts.join(', '), part => emulatedParts.includes(part)),
    }
  })
}

function readToolsets(env: EnvironmentReader): readonly Toolset[] {
  const toolsets = toolsetReaders.flatMap(read => read(env) ?? [])
  if (toolsets.length === 0 && env.optional('MCP_CONFIG') === undefined) {
    env.fault(
      'No API is configured: set the app id of one (its variable ends in _API_APP_ID), or MCP_CONFIG.',
    )
  }
  return toolsets
}
