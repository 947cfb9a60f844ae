import { type DemoProcess, describeProcesses } from '../../scripts/demo/processes.ts'
import { findFreePort } from '../../tests/support/ports.ts'
import { MeasuredProcess } from './process.ts'

/** A running server, and where it takes questions. */
export interface StartedServer {
  readonly name: string
  readonly server: MeasuredProcess
  readonly url: string
}

const portNames = ['PORT', 'SIDECAR_PORT', 'WEATHER_API_PORT', 'ENTRA_PORT', 'BEDROCK_PORT', 'METRICS_PORT']
const unlimited = { RATE_LIMIT_PER_MINUTE: '100000000', MAX_CONCURRENT_TURNS: '10000' }

/** What the agent depends on, and servers in its place: each a process of its own, on a port of its own. */
export class BenchStack implements AsyncDisposable {
  readonly #running: MeasuredProcess[] = []
  readonly #agent: DemoProcess

  private constructor(agent: DemoProcess) {
    this.#agent = agent
  }

  /** Starts the emulators of Entra and the sidecar, and the weather API. */
  static async start(): Promise<BenchStack> {
    const ports = Object.fromEntries(
      await Promise.all(portNames.map(async name => [name, String(await findFreePort())] as const)),
    )
    const variables = { ...process.env, ...ports, WEATHER_PROVIDER: 'climate-normals', LOG_LEVEL: 'warn' }
    const processes = describeProcesses(variables)
    const agent = processes.find(({ name }) => name === 'agent')
    if (!agent) throw new Error('The demo has no agent.')
    const stack = new BenchStack(agent)
    try {
      for (const { name, main, env, healthUrl } of processes) {
        if (name !== 'bedrock' && name !== 'agent') await stack.startProcess(main, env, healthUrl)
      }
      return stack
    } catch (error) {
      await stack[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The agent's main file. */
  get agentMain(): string {
    return this.#agent.main
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

  /** Starts an agent, or a server in its place, with the agent's variables and no limits; `path` takes the question. */
  async startServer(
    name: string,
    main: string,
    path: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<StartedServer> {
    const [port, metricsPort] = [await findFreePort(), await findFreePort()]
    const url = `http://localhost:${port}`
    const variables = { ...this.#agent.env, ...unlimited, ...env }
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
