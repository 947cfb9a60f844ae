import * as agent from '@entra-agents/agent/app'
import { readConfig as readAgentConfig } from '@entra-agents/agent/config'
import { timing as usualTiming } from '@entra-agents/agent/timing'
import { sidecarEntries } from '@entra-agents/agentctl/sidecar-entries'
import { nameSidecarEntries } from '@entra-agents/identity'
import * as weather from '@entra-agents/weather-api/app'
import { readConfig as readWeatherConfig } from '@entra-agents/weather-api/config'
import type { FastifyInstance } from 'fastify'
import * as sidecar from '../../emulators/auth-sidecar/src/app.ts'
import { readConfig as readSidecarConfig } from '../../emulators/auth-sidecar/src/config.ts'
import * as entra from '../../emulators/entra/src/app.ts'
import { readConfig as readEntraConfig } from '../../emulators/entra/src/config.ts'
import { identities } from './identities.ts'
import { findFreePort } from './ports.ts'
import { describeApi } from './register-api.ts'
import { signIn } from './sign-in.ts'

type Environment = Readonly<Record<string, string | undefined>>
/** In the order of their start: each is configured with the URLs of those before it. */
const partNames = ['entra', 'sidecar', 'weather', 'agent'] as const
export type PartName = (typeof partNames)[number]

/** Additional or changed variables of each part; `undefined` unsets one. */
export type StackOverrides = Partial<Record<PartName, Environment>>

/** The agent waits only briefly for the sidecar, since a sidecar that a test has stopped does not restart soon. */
const agentTiming = { ...usualTiming, sidecarRestartMs: 200 }

const blueprintSecret = 'the-blueprint-secret-of-this-test'

/**
 * The whole system in this process. Each part listens on a socket of its own and is configured by environment variables.
 * Parts can be stopped and started again at the same URL.
 */
export class Stack implements AsyncDisposable {
  /** Every line that the agent logged. */
  readonly agentLog: string[] = []
  /** Every line that the weather API logged, if a test sets its log level. */
  readonly weatherLog: string[] = []
  readonly #overrides: StackOverrides
  readonly #apps = new Map<PartName, FastifyInstance>()
  readonly #ports = new Map<PartName, number>()
  readonly #replicas: FastifyInstance[] = []

  private constructor(overrides: StackOverrides, agentPort: number) {
    this.#overrides = overrides
    this.#ports.set('agent', agentPort)
  }

  /** Starts everything, or only the named parts. */
  static async start(overrides: StackOverrides = {}, parts: readonly PartName[] = partNames): Promise<Stack> {
    const stack = new Stack(overrides, await findFreePort())
    try {
      for (const part of partNames) if (parts.includes(part)) await stack.start(part)
    } catch (error) {
      await stack.close()
      throw error
    }
    return stack
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
  get weatherUrl(): string {
    return this.urlOf('weather')
  }

  /** The URL of a part; for one that was never started, a URL where nothing listens. */
  urlOf(part: PartName): string {
    return `http://localhost:${this.#ports.get(part) ?? 9}`
  }

  runs(part: PartName): boolean {
    return this.#apps.has(part)
  }

  appOf(part: PartName): FastifyInstance {
    const app = this.#apps.get(part)
    if (!app) throw new Error(`${part} does not run.`)
    return app
  }

  /** Starts a stopped part, optionally with other variables this time. */
  async start(part: PartName, overrides: Environment = {}): Promise<void> {
    const env = { ...this.#environmentOf(part), ...this.#overrides[part], ...overrides }
    const app = await this.#build(part, env)
    this.#apps.set(part, app)
    const port = this.#ports.get(part) ?? (await findFreePort())
    await app.listen({ host: 'localhost', port })
    this.#ports.set(part, port)
  }

  /** Starts another replica of the agent, which stops with everything else, and returns its URL. */
  async startReplica(overrides: Environment = {}): Promise<string> {
    const env = { ...this.#environmentOf('agent'), ...this.#overrides.agent, ...overrides }
    const app = await this.#build('agent', env)
    this.#replicas.push(app)
    const port = await findFreePort()
    await app.listen({ host: 'localhost', port })
    return `http://localhost:${port}`
  }

  async stop(part: PartName): Promise<void> {
    const app = this.#apps.get(part)
    this.#apps.delete(part)
    await app?.close()
  }

  async restart(part: PartName, overrides: Environment = {}): Promise<void> {
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
    for (const part of partNames.toReversed()) await this.stop(part)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #redirectUri(): string {
    return `${this.agentUrl}/auth/redirect.html`
  }

  #build(part: PartName, env: Environment): FastifyInstance | Promise<FastifyInstance> {
    const logTo = (lines: string[]) => ({ logStream: { write: (line: string) => void lines.push(line) } })
    switch (part) {
      case 'entra':
        return entra.buildApp(readEntraConfig(env))
      case 'sidecar':
        return sidecar.buildApp(readSidecarConfig(env))
      case 'weather':
        return weather.buildApp(readWeatherConfig(env), logTo(this.weatherLog))
      case 'agent':
        return agent.buildApp(readAgentConfig(env), { ...logTo(this.agentLog), timing: agentTiming })
    }
  }

  #environmentOf(part: PartName): Environment {
    switch (part) {
      case 'entra':
        return {
          ...sharedEnvironment,
          BLUEPRINT_CLIENT_SECRET: blueprintSecret,
          SPA_REDIRECT_URI: this.#redirectUri,
        }
      case 'sidecar':
        return sidecarEnvironment(this.entraUrl)
      case 'weather':
        return { ...sharedEnvironment, ENTRA_AUTHORITY: this.entraUrl, WEATHER_PROVIDER: 'climate-normals' }
      case 'agent':
        return {
          ...sharedEnvironment,
          LOG_LEVEL: 'trace',
          METRICS_PORT: '0',
          ENTRA_AUTHORITY: this.entraUrl,
          SIDECAR_URL: this.sidecarUrl,
          WEATHER_API_URL: this.weatherUrl,
          BLUEPRINT_CREDENTIAL: 'secret',
          CONSENT_REDIRECT_URI: `${this.agentUrl}/auth/consent.html`,
          EMULATED: 'entra,auth-sidecar',
        }
    }
  }
}

const sharedEnvironment: Environment = {
  HOST: 'localhost',
  LOG_LEVEL: 'silent',
  TENANT_ID: identities.tenantId,
  BLUEPRINT_APP_ID: identities.blueprintAppId,
  AGENT_CLIENT_ID: identities.agentId,
  WEATHER_API_APP_ID: identities.weatherAppId,
  CLIENT_SPA_APP_ID: identities.pageAppId,
}

const weatherApi = describeApi('weather', identities.weatherAppId)
const weatherApis = [
  weatherApi,
  {
    ...weatherApi,
    scope: 'Alerts.ReadWrite',
    sidecarEntries: {
      ...nameSidecarEntries('weatherAlerts'),
      autonomous: weatherApi.sidecarEntries.autonomous,
    },
  },
]

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
    ...sidecarEntries(weatherApis),
    Sidecar__AllowOverrides__GetAuthorizationHeaderUnauthenticated: 'true',
  }
}
