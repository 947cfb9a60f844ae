import { isIP } from 'node:net'
import {
  type BlueprintCredential,
  blueprintCredentials,
  type TraceAudience,
} from '@entra-bedrock-agent/identity-trace'
import { type EnvironmentReader, readEnvironment } from '@entra-bedrock-agent/service-kit'
import { readTelemetry, type TelemetryConfig } from '@entra-bedrock-agent/telemetry'
import { readSealKeys, type SealKeys } from './approval/seal-keys.ts'
import { type BedrockConfig, type NoBedrock, readBedrockConfig } from './bedrock/access/config.ts'
import type { Agents, Blueprint } from './identity/agent-identity.ts'
import { readAgents } from './identity/agents-config.ts'
import { type McpServer, readMcpServers } from './tools/mcp/config.ts'
import type { Toolset } from './tools/toolset.ts'
import { readWeatherToolset } from './tools/weather/toolset.ts'
import { version } from './version.ts'

/** Every API that the agent has tools for. Another API is another folder under tools/, and its name here. */
const toolsetReaders: readonly ((env: EnvironmentReader) => Toolset)[] = [readWeatherToolset]

const emulatedParts = ['entra', 'auth-sidecar', 'bedrock'] as const

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
  /** Names by which browsers may call the agent; `*` = any. */
  readonly allowedHosts: readonly string[]
  readonly logLevel: string
  readonly stopTimeoutMs: number
  /** Proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed. */
  readonly trustedProxies: readonly string[]
  readonly blueprint: Blueprint
  /** What the sidecar is said to hold; only shown. */
  readonly blueprintCredential: BlueprintCredential
  readonly agents: Agents
  /** The application that users sign in to; without it the page offers no sign-in. */
  readonly spaClientId: string | undefined
  /** Clients that may obtain users' tokens for the agent; empty = any. */
  readonly allowedClients: readonly string[]
  readonly sidecarUrl: string
  /** The APIs that the agent has tools for, each with its tools. */
  readonly toolsets: readonly Toolset[]
  /** The MCP servers whose tools it uses besides. */
  readonly mcpServers: readonly McpServer[]
  readonly bedrock: BedrockConfig | NoBedrock
  /** Where spans go; `undefined` = nothing is traced. */
  readonly telemetry: TelemetryConfig | undefined
  /** Whether users must be signed in to ask, unless an agent has its own rule. */
  readonly requireSignIn: boolean
  readonly traceFor: TraceAudience
  readonly limits: LimitsConfig
  /** What seals turns that wait for their user; `undefined` = a key of this process alone. */
  readonly sealKeys: SealKeys | undefined
  /** The page's address to which Entra sends browsers back after a consent; `undefined` = no turn waits for one. */
  readonly consentRedirectUri: string | undefined
  /** Where the built page lies; `undefined` = beside the sources. */
  readonly pageFolder: string | undefined
  /** What is emulated here. A label for status and page; nothing is decided by it. */
  readonly emulated: readonly string[]
}

/**
 * Reads the environment.
 *
 * @throws {ConfigurationError} that names every fault at once.
 */
export function readConfig(variables: NodeJS.ProcessEnv): Config {
  return readEnvironment(variables, env => {
    const toolsets = toolsetReaders.map(read => read(env))
    const ownApis = toolsets.map(({ api }) => api)
    const mcpServers = readMcpServers(env, ownApis)
    const apis = [...ownApis, ...mcpServers.map(({ api }) => api)].map(({ name }) => name)
    const blueprint: Blueprint = {
      tenantId: env.guid('TENANT_ID'),
      blueprintAppId: env.guid('BLUEPRINT_APP_ID'),
      authority: env.secureUrl('ENTRA_AUTHORITY', 'https://login.microsoftonline.com'),
    }
    return {
      version,
      host: env.text('HOST', 'localhost'),
      port: env.port('PORT', 3001),
      metricsPort: env.port('METRICS_PORT', 9464),
      allowedHosts: env.hostNames('ALLOWED_HOSTS'),
      logLevel: env.logLevel(),
      stopTimeoutMs: env.integer('STOP_TIMEOUT_MS', 25_000, 1_000, 600_000),
      trustedProxies: readTrustedProxies(env),
      blueprint,
      blueprintCredential: env.oneOf('BLUEPRINT_CREDENTIAL', blueprintCredentials, 'unknown'),
      agents: readAgents(env, blueprint, apis),
      spaClientId: env.optionalGuid('CLIENT_SPA_APP_ID'),
      allowedClients: readAllowedClients(env),
      sidecarUrl: readSidecarUrl(env),
      toolsets,
      mcpServers,
      bedrock: readBedrockConfig(env),
      telemetry: readTelemetry(env, { name: 'agent', version }),
      requireSignIn: env.flag('REQUIRE_SIGN_IN', false),
      traceFor: env.oneOf('TRACE_FOR', ['everyone', 'signed-in', 'nobody'], 'everyone'),
      limits: {
        turnTimeoutMs: env.integer('TURN_TIMEOUT_MS', 120_000, 1_000, 900_000),
        concurrentTurns: env.integer('MAX_CONCURRENT_TURNS', 2_000, 1, 1_000_000),
        messagesPerMinute: env.integer('RATE_LIMIT_PER_MINUTE', 600, 1, 1_000_000_000),
      },
      sealKeys: readKeys(env),
      consentRedirectUri:
        env.optional('CONSENT_REDIRECT_URI') === undefined
          ? undefined
          : env.secureUrl('CONSENT_REDIRECT_URI', ''),
      pageFolder: env.optional('CHAT_UI_DIR'),
      emulated: readEmulated(env),
    }
  })
}

/** Ranges that Fastify knows by name. */
const namedRanges: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']

function readTrustedProxies(env: EnvironmentReader): readonly string[] {
  const proxies = env.list('TRUSTED_PROXIES', [])
  for (const proxy of proxies) {
    if (namedRanges.includes(proxy) || isAddressBlock(proxy)) continue
    env.fault(
      `TRUSTED_PROXIES must be a comma-separated list of IP addresses and CIDR blocks; "${proxy}" is none.`,
    )
  }
  return proxies
}

/** An IP address, with the length of its prefix (RFC 4632) or without. All addresses at once are no proxy. */
function isAddressBlock(text: string): boolean {
  const [address = '', length, ...others] = text.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address)] ?? 0
  const prefix = length === undefined ? bits : /^\d+$/.test(length) ? Number(length) : 0
  return others.length === 0 && prefix > 0 && prefix <= bits
}

/** By the name `localhost`: the only host name that every version of the sidecar accepts. */
function readSidecarUrl(env: EnvironmentReader): string {
  const url = env.secureUrl('SIDECAR_URL', 'http://localhost:5000')
  return url.replace(/^(https?:\/\/)(?:127\.0\.0\.1|\[::1\])(?=[:/]|$)/, '$1localhost')
}

/** The page alone, unless others are named. */
function readAllowedClients(env: EnvironmentReader): readonly string[] {
  const listed = env.guidList('ALLOWED_CLIENTS')
  const page = env.optionalGuid('CLIENT_SPA_APP_ID')
  return listed.length > 0 || page === undefined ? listed : [page]
}

function readKeys(env: EnvironmentReader): SealKeys | undefined {
  const file = env.optional('SEAL_KEYS_FILE')
  if (file === undefined) return undefined
  try {
    return readSealKeys(file)
  } catch (error) {
    env.fault(`SEAL_KEYS_FILE (${file}) cannot be used: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
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
