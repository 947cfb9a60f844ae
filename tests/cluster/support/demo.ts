import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { identities } from '../../support/identities.ts'
import { findFreePort } from '../../support/ports.ts'
import { run } from '../../support/run.ts'
import { merge, type Values } from '../../support/values.ts'
import { helm, kubectl } from './command.ts'
import { runIn } from './in-container.ts'
import { Namespace } from './namespace.ts'
import { forward, type PortForward } from './port-forward.ts'

const chartsFolder = join(import.meta.dirname, '../../../charts')
export const agentChart = join(chartsFolder, 'entra-bedrock-agent')
export const emulatorsChart = join(chartsFolder, 'local-emulators')

/** Values for an MCP server with one tool: the weather API, unless another URL leads to it. */
export const weatherTools = (url = 'http://demo-weather-api:8080/mcp') => ({
  'weather-tools': {
    url,
    appId: identities.weatherAppId,
    downstreamApi: 'weather',
    allowedTools: ['get_weather'],
    readOnlyTools: ['get_weather'],
  },
})

/** The local ports of the page and the Entra emulator, for browsers. */
export interface LocalPorts {
  readonly page: number
  readonly entra: number
}

/** Both charts, installed in a namespace of their own with `charts/local-emulators/agent-values.yaml`. */
export class Demo implements AsyncDisposable {
  readonly namespace: Namespace
  readonly ports: LocalPorts
  readonly #forwards = new Map<string, Promise<PortForward>>()

  private constructor(namespace: Namespace, ports: LocalPorts) {
    this.namespace = namespace
    this.ports = ports
  }

  /** Installs both charts, with one replica each. */
  static async install(
    purpose: string,
    { agent, emulators }: { readonly agent?: Values; readonly emulators?: Values } = {},
  ): Promise<Demo> {
    const demo = await Demo.create(purpose)
    await demo.installEmulators(emulators)
    await demo.installAgent(agent)
    return demo
  }

  /** Creates the namespace, which then holds only the certificate of the Entra emulator. */
  static async create(purpose: string): Promise<Demo> {
    const ports = { page: await findFreePort(), entra: await findFreePort() }
    const demo = new Demo(await Namespace.create(purpose), ports)
    await run(join(emulatorsChart, 'make-certificate.sh'), [demo.namespace.name])
    return demo
  }

  /** Installs or upgrades the emulators' chart. */
  async installEmulators(values: Values = {}): Promise<void> {
    const { page } = this.ports
    const redirectUris = [`http://localhost:${page}/auth/redirect.html`]
    const ours = {
      entra: { publicUrl: this.entraOrigin, redirectUris },
      bedrock: { firstTokenMs: 50, tokenDelayMs: 5 },
    }
    await this.#helm(['emulators', emulatorsChart], merge(ours, values))
  }

  /** Installs or upgrades the agent's chart; `flags` are further flags for Helm. */
  async installAgent(values: Values = {}, ...flags: readonly string[]): Promise<void> {
    const ours = {
      entra: { authority: this.entraOrigin },
      agent: { replicas: 1 },
      weatherApi: { replicas: 1, provider: 'climate-normals' },
      preStopSleepSeconds: 5,
    }
    const files = ['--values', join(emulatorsChart, 'agent-values.yaml')]
    await this.#helm(['demo', agentChart, ...files, ...flags], merge(ours, values))
  }

  /** Runs a command of Helm for the agent's release, such as `rollback`. */
  helm(command: string, ...args: readonly string[]): Promise<string> {
    return helm([command, 'demo', '-n', this.namespace.name, ...args])
  }

  async scale(component: string, replicas: number): Promise<void> {
    await this.namespace.kubectl('scale', `deployment/demo-${component}`, `--replicas=${replicas}`)
  }

  async awaitRollout(component: string): Promise<void> {
    await this.namespace.kubectl('rollout', 'status', `deployment/demo-${component}`, '--timeout=180s')
  }

  /** Entra's origin for pods and browsers. */
  get entraOrigin(): string {
    return `https://entra.localhost:${this.ports.entra}`
  }

  /** Runs a script in a container of a component's only pod; see `runIn`. */
  async runIn<Result>(component: string, container: string, script: string): Promise<Result> {
    const { metadata } = await this.namespace.pod(component)
    return runIn(this.namespace, { pod: metadata.name, container, script })
  }

  /** Ends a container of a component's only pod, which Kubernetes then restarts. */
  endContainer(component: string, container: string): Promise<unknown> {
    // Process 1 of a container receives only signals that it handles.
    return this.runIn(component, container, "process.kill(1, 'SIGTERM')")
  }

  /** The agent's URL on this machine, by a port-forward. */
  async agentUrl(): Promise<string> {
    await this.#forward({ target: 'service/demo-agent', port: 3001, local: this.ports.page })
    return `http://localhost:${this.ports.page}`
  }

  /** Lets browsers of this machine reach the Entra emulator. */
  async openEntra(): Promise<void> {
    await this.#forward({ target: 'service/entra-emulator', port: this.ports.entra, local: this.ports.entra })
  }

  /** Does the same by a port of the node instead of a port-forward, which goes through the kubelet. */
  async openEntraByNode(): Promise<AsyncDisposable> {
    const nodePort = JSON.stringify({ spec: { type: 'NodePort' } })
    await this.namespace.kubectl('patch', 'service', 'entra-emulator', '--patch', nodePort)
    const read = (jsonPath: string, ...what: readonly string[]) =>
      this.namespace.kubectl('get', ...what, '--output', `jsonpath=${jsonPath}`)
    const port = Number(await read('{.spec.ports[0].nodePort}', 'service', 'entra-emulator'))
    const host = await read('{.items[0].status.addresses[?(@.type=="InternalIP")].address}', 'nodes')
    const clients = new Set<Socket>()
    const server = createServer(client => {
      clients.add(client)
      pipeline(client, connect({ host, port }), client, () => clients.delete(client))
    })
    await new Promise<void>(done => server.listen(this.ports.entra, 'localhost', done))
    return {
      [Symbol.asyncDispose]: () =>
        new Promise<void>(done => {
          server.close(() => done())
          for (const client of clients) client.destroy()
        }),
    }
  }

  /** Closes all port-forwards. A port-forward also breaks when the pod behind it goes away. */
  async closeForwards(): Promise<void> {
    const forwards = [...this.#forwards.values()]
    this.#forwards.clear()
    for (const opened of forwards) await (await opened)[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeForwards()
    // The only object of the emulators' chart outside the namespace.
    const binding = `${this.namespace.name}-issuer-discovery`
    await kubectl(['delete', 'clusterrolebinding', binding, '--ignore-not-found'])
    await this.namespace[Symbol.asyncDispose]()
  }

  /**
   * Installs or upgrades and waits until all is ready.
   *
   * @throws with the state of the pods
   */
  async #helm(release: readonly string[], values: Values): Promise<void> {
    const { name } = this.namespace
    try {
      const flags = ['-n', name, '--values', '-', '--wait', '--timeout', '180s']
      await helm(['upgrade', '--install', ...release, ...flags], { input: JSON.stringify(values) })
    } catch (error) {
      const pods = await this.namespace.kubectl('get', 'pods', '-o', 'wide')
      const warnings = await this.namespace.kubectl('get', 'events', '--field-selector=type=Warning')
      throw new Error(`${(error as Error).message}\n${pods}\n${warnings}`)
    }
  }

  #forward(wanted: { readonly target: string; readonly port: number; readonly local: number }) {
    const opened = this.#forwards.get(wanted.target) ?? forward(this.namespace, wanted)
    this.#forwards.set(wanted.target, opened)
    return opened
  }
}
