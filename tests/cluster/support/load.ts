import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubectl } from './command.ts'
import type { Namespace } from './namespace.ts'
import { startPod } from './pods.ts'

const script = readFileSync(join(import.meta.dirname, '../in-pod/load.ts'), 'utf8')

/** The number of requests of each kind, and the faults of those that failed. */
export type LoadReport = Readonly<
  Record<string, { readonly requests: number; readonly failures: readonly string[] }>
>

/** Constant load on the agent, from a pod with the label `app: load`, which the agent's policy has to let in. */
export class Load {
  readonly #namespace: Namespace
  readonly #logs: Promise<string>

  private constructor(namespace: Namespace) {
    this.#namespace = namespace
    this.#logs = kubectl(['-n', namespace.name, 'logs', '--follow', 'load'])
  }

  static async start(namespace: Namespace): Promise<Load> {
    await startPod(namespace, { name: 'load', script, env: { AGENT_URL: 'http://demo-agent:3001' } })
    return new Load(namespace)
  }

  /** Waits for pending requests, and returns the report. */
  async stop(): Promise<LoadReport> {
    await this.#namespace.kubectl('delete', 'pod', 'load')
    const lines = (await this.#logs).trim().split('\n')
    return JSON.parse(lines.at(-1) ?? '')
  }
}
