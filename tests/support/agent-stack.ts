import { join } from 'node:path'
import * as agent from '@entra-agents/agent/app'
import { readConfig as readAgentConfig } from '@entra-agents/agent/config'
import { timing as usualTiming } from '@entra-agents/agent/timing'
import type { FastifyInstance } from 'fastify'
import * as sidecar from '../../emulators/auth-sidecar/src/app.ts'
import { readConfig as readSidecarConfig } from '../../emulators/auth-sidecar/src/config.ts'
import * as entra from '../../emulators/entra/src/app.ts'
import { readConfig as readEntraConfig } from '../../emulators/entra/src/config.ts'
import { identities } from './identities.ts'
import { findFreePort } from './ports.ts'
import { signIn } from './sign-in.ts'

export type Environment = Readonly<Record<string, string | undefined>>
const partNames = ['entra', 'sidecar', 'agent'] as const
export type PartName = (typeof partNames)[number]

/** Additional or changed variables of each part; `undefined` unsets one. */
export type StackOverrides<Name extends string = PartName> = Partial<Record<Name, Environment>>

/** The agent waits only briefly for the sidecar, since a sidecar that a test has stopped does not restart soon. */
const agentTiming = { ...usualTiming, sidecarRestartMs: 200 }

const blueprintSecret = 'the-blueprint-secret-of-this-test'

/**
 * The agent and what gives it tokens, in this process. Each part listens on a socket of its own and is configured by
 * environment variables. Parts can be stopped and started again at the same URL. APIs are parts that a subclass adds.
 */
export class AgentStack<Name extends string = PartName> implements AsyncDisposable {
  /** Every line that the agent logged. */
  readonly agentLog: string[] = []
  readonly #overrides: StackOverrides<string>
  readonly #apps = new Map<string, FastifyInstance>()
  readonly #ports = new Map<string, number>()
  readonly #replicas: FastifyInstance[] = []

  protected constructor(overrides: StackOverrides<Name | PartName>, agentPort: number) {
    this.#overrides = overrides
    this.#ports.set('agent', agentPort)
  }

  /** Starts everything, or only the named parts. */
  static async start(
    overrides: StackOverrides = {},
    parts: readonly PartName[] = partNames,
  ): Promise<AgentStack> {
    return new AgentStack(overrides, await findFreePort()).startAll(partNames, parts)
  }

  /** Starts these of all parts in their order: each is configured with the URLs of those before it. */
  protected async startAll(
    all: readonly (Name | PartName)[],
    parts: readonly (Name | PartName)[],
  ): Promise<this> {
    try {
      for (const part of all) if (parts.includes(part)) await this.start(part)
    } catch (error) {
      await this.close()
      throw error
    }
    return this
  }

  get agentUrl(): string {
    return this.urlOf('agent')
  }
  get entraUrl(): string {
    return this.urlOf('entra')
  }
  get sidecarUrl(): string {
    return this.urlOf('sidecar')
  }

  /** The URL of a part; for one that was never started, a URL where nothing listens. */
  urlOf(part: Name | PartName): string {
    return `http://localhost:${this.#ports.get(part) ?? 9}`
  }

  runs(part: Name | PartName): boolean {
    return this.#apps.has(part)
  }

  appOf(part: Name | PartName): FastifyInstance {
    const app = this.#apps.get(part)
    if (!app) throw new Error(`${part} does not run.`)
    return app
  }

  /** Starts a stopped part, optionally with other variables this time. */
  async start(part: Name | PartName, overrides: Environment = {}): Promise<void> {
    const port = this.#ports.get(part) ?? (await findFreePort())
    const app = await this.#buildPart(part, overrides)
    this.#apps.set(part, app)
    await app.listen({ host: 'localhost', port })
    this.#ports.set(part, port)
  }

  /** Starts another replica of the agent, which stops with everything else, and returns its URL. */
  async startReplica(overrides: Environment = {}): Promise<string> {
    const app = await this.#buildPart('agent', overrides)
    this.#replicas.push(app)
    const port = await findFreePort()
    await app.listen({ host: 'localhost', port })
    return `http://localhost:${port}`
  }

  async #buildPart(part: Name | PartName, overrides: Environment): Promise<FastifyInstance> {
    return this.build(part, { ...this.environmentOf(part), ...this.#overrides[part], ...overrides })
  }

  async stop(part: Name | PartName): Promise<void> {
    const app = this.#apps.get(part)
    this.#apps.delete(part)
    // Of connections whose response ends only while the part stops.
    if (app) app.server.keepAliveTimeout = 1
    await app?.close()
  }

  async restart(part: Name | PartName, overrides: Environment = {}): Promise<void> {
    await this.stop(part)
    await this.start(part, overrides)
  }

  /**
   * Signs a user in at Entra and returns the user's token (Tc).
   *
   * @param claims JSON text that says what the token has to prove; for a step-up
   */
  async signIn(user: string, claims?: string): Promise<string> {
    return signIn({ entraUrl: this.entraUrl, redirectUri: this.#redirectUri, user, claims })
  }

  async close(): Promise<void> {
    for (const replica of this.#replicas.splice(0)) await replica.close()
    await this.stop('agent')
    for (const app of [...this.#apps.values()].toReversed()) await app.close()
    this.#apps.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #redirectUri(): string {
    return `${this.agentUrl}/auth/redirect.html`
  }

  /** Builds a part by its variables. */
  protected build(part: Name | PartName, env: Environment): FastifyInstance | Promise<FastifyInstance> {
    switch (part) {
      case 'entra':
        return entra.buildApp(readEntraConfig(env))
      case 'sidecar':
        return sidecar.buildApp(readSidecarConfig(env))
      case 'agent':
        return agent.buildApp(readAgentConfig(env), { ...logTo(this.agentLog), timing: agentTiming })
      default:
        throw new Error(`There is no part ${part}.`)
    }
  }

  /** The variables of a part, unless a test changes them. */
  protected environmentOf(part: Name | PartName): Environment {
    switch (part) {
      case 'entra':
        return {
          ...sharedEnvironment,
          BLUEPRINT_CLIENT_SECRET: blueprintSecret,
          SPA_REDIRECT_URI: this.#redirectUri,
        }
      case 'sidecar':
        return sidecarEnvironment(this.entraUrl)
      case 'agent':
        return {
          ...sharedEnvironment,
          LOG_LEVEL: 'trace',
          METRICS_PORT: '0',
          ENTRA_AUTHORITY: this.entraUrl,
          SIDECAR_URL: this.sidecarUrl,
          MCP_CONFIG: noServers,
          BLUEPRINT_CREDENTIAL: 'secret',
          CONSENT_REDIRECT_URI: `${this.agentUrl}/auth/consent.html`,
          EMULATED: 'entra,auth-sidecar',
        }
      default:
        return {}
    }
  }
}

export const sharedEnvironment: Environment = {
  HOST: 'localhost',
  LOG_LEVEL: 'silent',
  TENANT_ID: identities.tenantId,
  BLUEPRINT_APP_ID: identities.blueprintAppId,
  AGENT_CLIENT_ID: identities.agentId,
  CLIENT_SPA_APP_ID: identities.pageAppId,
}

/** The configuration of an agent that has no API yet. */
const noServers = join(import.meta.dirname, 'no-servers.json')

export const logTo = (lines: string[]) => ({
  logStream: { write: (line: string) => void lines.push(line) },
})

function sidecarEnvironment(entraUrl: string): Environment {
  return {
    ASPNETCORE_ENVIRONMENT: 'Production',
    ASPNETCORE_URLS: 'http://localhost:0',
    Logging__LogLevel__Default: 'None',
    AllowedHosts: 'localhost',
    AzureAd__Instance: `${entraUrl}/`,
    AzureAd__TenantId: identities.tenantId,
    AzureAd__ClientId: identities.blueprintAppId,
    AzureAd__ClientCredentials__0__SourceType: 'ClientSecret',
    AzureAd__ClientCredentials__0__ClientSecret: blueprintSecret,
    Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: 'true',
  }
}
