import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { trouble } from '../problems.ts'

export interface PortForward extends AsyncDisposable {
  readonly url: string
}

/** The part of `Kubectl` that reads a cluster. */
export type ClusterReader = Pick<Kubectl, 'run'>

/** The issuer of the cluster; `undefined` if the user of kubectl may not read it. */
export async function issuerOf(cluster: ClusterReader): Promise<string | undefined> {
  const read = cluster.run(['get', '--raw', '/.well-known/openid-configuration'])
  const configuration = await read.catch(() => undefined)
  return configuration === undefined ? undefined : JSON.parse(configuration).issuer
}

/** Lists objects of these kinds, skipping kinds that the cluster does not know. */
export async function listInCluster<Item = Readonly<Record<string, unknown>>>(
  cluster: ClusterReader,
  kinds: string,
  ...options: readonly string[]
): Promise<readonly Item[]> {
  try {
    return JSON.parse(await cluster.run(['get', kinds, ...options, '--output', 'json'])).items
  } catch (error) {
    if (/doesn't have a resource type/.test((error as Error).message)) return []
    throw error
  }
}

/** `kubectl` in one namespace, with the rights of its user. */
export class Kubectl {
  readonly #namespace: readonly string[]

  /** @param namespace default: that of the current context. */
  constructor(namespace: string | undefined) {
    this.#namespace = namespace === undefined ? [] : ['--namespace', namespace]
  }

  /**
   * Runs kubectl and returns its output.
   *
   * @throws ProblemError CLUSTER_UNREACHABLE with kubectl’s error
   */
  async run(args: readonly string[], input = ''): Promise<string> {
    const child = spawn('kubectl', [...this.#namespace, ...args], { stdio: ['pipe', 'pipe', 'pipe'] })
    const ended = once(child, 'close')
    try {
      // If kubectl ends without reading its input, writing fails. This is ignored, since only the exit code counts.
      child.stdin.on('error', () => undefined).end(input)
      const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr), ended])
      if (child.exitCode === 0) return output
      throw trouble('CLUSTER_UNREACHABLE', complaint.trim().split('\n').at(-1) ?? '')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
      throw trouble('CLUSTER_UNREACHABLE', 'There is no kubectl on the PATH.', 'Install kubectl.')
    }
  }

  /** Forwards a local port to a port of a pod. */
  async forward(pod: string, port: number): Promise<PortForward> {
    const args = [...this.#namespace, 'port-forward', `pod/${pod}`, `:${port}`]
    const child = spawn('kubectl', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const complaint = text(child.stderr)
    const closed = once(child, 'close')
    const listening = Promise.withResolvers<string>()
    createInterface({ input: child.stdout }).on('line', line => {
      const [, chosen] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? []
      if (chosen !== undefined) listening.resolve(chosen)
    })
    child.once('close', async () =>
      listening.reject(trouble('CLUSTER_UNREACHABLE', (await complaint).trim())),
    )
    return {
      url: `http://127.0.0.1:${await listening.promise}`,
      async [Symbol.asyncDispose]() {
        child.kill()
        await closed
      },
    }
  }
}
