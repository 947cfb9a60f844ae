import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { identities } from '../../support/identities.ts'
import type { Demo } from './demo.ts'
import type { EntraControls } from './entra.ts'
import { startPod } from './pods.ts'

const script = readFileSync(join(import.meta.dirname, '../in-pod/ask.ts'), 'utf8')
const podName = 'load'

/** A turn of the load, as its client saw it. */
export interface Turn {
  /** Mode and flow, and the agent if it is not the default one; `mcp` is Bedrock mode with the tools of an MCP server. */
  readonly way: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly ms: number
  /** `OK`, or the code of the problem or of the connection error. */
  readonly outcome: string
  /** The client's connection. A client that keeps its connection uses it for turns that follow one another. */
  readonly connection: { readonly port?: number; readonly isKept: boolean }
}

export interface LoadOptions {
  readonly usersPerKind: number
  readonly pauseMs: number
  /** The names of the kinds of turns, such as `direct obo`; by default all. */
  readonly kinds?: readonly string[]
}

/** The chart's values with which the agent answers a load, without sign-in and at any pace. */
export const valuesForLoad = {
  agent: {
    allowedHosts: ['demo-agent'],
    requireSignIn: false,
    traceFor: 'everyone',
    env: { RATE_LIMIT_PER_MINUTE: '1000000' },
  },
  networkPolicy: { agent: { ingressFrom: [{ podSelector: { matchLabels: { app: podName } } }] } },
}

/** Users who send all kinds of turns, from a pod with the label `app: load`, to an agent with `valuesForLoad`. */
export class Load {
  /** The finished turns, the oldest first. */
  readonly turns: Turn[] = []
  readonly #demo: Demo
  readonly #ended: Promise<unknown>
  #counted: number | undefined

  private constructor(demo: Demo) {
    this.#demo = demo
    const logs = spawn('kubectl', ['-n', demo.namespace.name, 'logs', '--follow', podName], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#ended = once(logs, 'close')
    createInterface({ input: logs.stdout }).on('line', line => {
      const said: Turn | { readonly turns: number } = JSON.parse(line)
      if ('turns' in said) this.#counted = said.turns
      else this.turns.push(said)
    })
  }

  static async start(
    demo: Demo,
    { authority }: EntraControls,
    { usersPerKind, pauseMs, kinds }: LoadOptions,
  ): Promise<Load> {
    const { pageAppId, blueprintAppId, ada, ben } = identities
    const agents = {
      weather: { id: identities.agentId, userId: identities.agentUserId },
      alerts: { id: identities.alertsAgentId },
      trainee: { id: identities.traineeAgentId },
    }
    const signInOrder = {
      client: pageAppId,
      resource: blueprintAppId,
      scopes: ['access_as_user'],
      lifetimeSeconds: 3_600,
    }
    await startPod(demo.namespace, {
      name: podName,
      script,
      env: {
        AGENT_URL: 'http://demo-agent:3001',
        ENTRA_ORIGIN: demo.entraOrigin,
        AUTHORITY: authority,
        SIGN_IN_ORDER: JSON.stringify(signInOrder),
        AGENTS: JSON.stringify(agents),
        USERS: [ada.oid, ben.oid].join(','),
        USERS_PER_KIND: `${usersPerKind}`,
        PAUSE_MS: `${pauseMs}`,
        ...(kinds ? { KINDS: kinds.join() } : {}),
      },
    })
    return new Load(demo)
  }

  /** Has twenty clients start a Bedrock turn and close the connection when the answer begins. */
  async sendCrowdThatLeaves(): Promise<void> {
    const signal = ['/nodejs/bin/node', '--eval', "process.kill(1, 'SIGUSR2')"]
    await this.#demo.namespace.kubectl('exec', podName, '--', ...signal)
  }

  /**
   * Waits for pending turns.
   *
   * @throws if not all turns were reported
   */
  async stop(): Promise<void> {
    await this.#demo.namespace.kubectl('delete', 'pod', podName)
    await this.#ended
    if (this.#counted !== this.turns.length) {
      throw new Error(`${this.#counted} turns were made, but ${this.turns.length} were told of.`)
    }
  }
}
