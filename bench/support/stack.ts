import type { DemoProcess } from '../../scripts/demo/process.ts'
import { describeProcesses, ownApis } from '../../scripts/demo/processes.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from './process.ts'

/** A running server, and the URL to which questions are posted. */
export interface StartedServer {
  readonly name: string
  readonly server: MeasuredProcess
  readonly url: string
}

const portNames = ['PORT', 'SIDECAR_PORT', 'WEATHER_API_PORT', 'ENTRA_PORT', 'BEDROCK_PORT', 'METRICS_PORT']
const unlimitedEnv = { RATE_LIMIT_PER_MINUTE: '100000000', MAX_CONCURRENT_TURNS: '10000' }

/** Settings with which an agent calls the model of a benchmark, and no other one. */
export function settingsForModel(url: string) {
  return {
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: url,
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SESSION_TOKEN: '',
    BEDROCK_PROBE: 'off',
  }
}

/** The services that the agent depends on, and the measured servers, each a process with its own port. */
export class BenchStack implements AsyncDisposable {
  readonly #running: MeasuredProcess[] = []
  readonly #agent: DemoProcess

  private constructor(agent: DemoProcess) {
    this.#agent = agent
  }

  /**
   * Starts the emulators of Entra and the sidecar, and the weather API. As in a deployment, the sidecar's cache has tokens, unless
   * they live too short for it.
   */
  static async start({ tokenLifetimeSeconds = '' } = {}): Promise<BenchStack> {
    const ports = Object.fromEntries(
      await Promise.all(portNames.map(async name => [name, String(await findFreePort())] as const)),
    )
    const variables = {
      ...process.env,
      ...ports,
      WEATHER_PROVIDER: 'climate-normals',
      // As in a deployment without alerts: the model gets no tools for alerts.
      WEATHER_API_ALERTS: 'false',
      LOG_LEVEL: 'warn',
    }
    const processes = describeProcesses(variables, undefined, ownApis)
    const agent = processes.find(({ name }) => name === 'agent')
    if (!agent) throw new Error('The demo has no agent.')
    const stack = new BenchStack(agent)
    try {
      for (const { name, main, env, healthUrl } of processes) {
        const settings = { ...env, AGENT_TOKEN_LIFETIME_SECONDS: tokenLifetimeSeconds }
        if (name !== 'agent' && name !== 'bedrock') await stack.startProcess(main, settings, healthUrl)
      }
      return stack
    } catch (error) {
      await stack[Symbol.asyncDispose]()
      throw error
    }
  }

  get agentMain(): string {
    return this.#agent.main
  }

  get agentEnv(): Readonly<Record<string, string>> {
    return this.#agent.env
  }

  /** An access token of the agent for the weather API, as a peer without identity keeps it for long. */
  async staticKey(): Promise<string> {
    const { SIDECAR_URL, AGENT_CLIENT_ID } = this.#agent.env
    const asked = `${SIDECAR_URL}/AuthorizationHeaderUnauthenticated/weatherApp?AgentIdentity=${AGENT_CLIENT_ID}`
    return ((await (await fetch(asked)).json()) as { authorizationHeader: string }).authorizationHeader
  }

  async startProcess(
    main: string,
    env: Readonly<Record<string, string>>,
    healthUrl: string,
  ): Promise<MeasuredProcess> {
    const started = await MeasuredProcess.start(main, env, healthUrl)
    this.#running.push(started)
    return started
  }

  /** Starts an agent or a peer with the agent's variables but no limits on turns; questions are posted to `path`. */
  async startServer(
    name: string,
    main: string,
    path: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<StartedServer> {
    const [port, metricsPort] = [await findFreePort(), await findFreePort()]
    const url = `http://localhost:${port}`
    const variables = { ...this.#agent.env, ...unlimitedEnv, ...env }
    const own = { PORT: String(port), METRICS_PORT: String(metricsPort) }
    return {
      name,
      server: await this.startProcess(main, { ...variables, ...own }, `${url}/livez`),
      url: `${url}${path}`,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map(one => one.stop()))
  }
}
