import { type ExecFileException, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { ProblemError } from '@entra-agents/service-kit'
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
  readonly #limitSeconds: number
  readonly #options: readonly string[]

  /**
   * @param namespace default: that of the current context.
   * @param limitSeconds how long a call may take. A call that takes longer is ended: its login plugin may wait for somebody.
   */
  constructor(namespace: string | undefined, limitSeconds = 60) {
    this.#limitSeconds = limitSeconds
    this.#options = [
      `--request-timeout=${Math.ceil(limitSeconds / 2)}s`,
      ...(namespace === undefined ? [] : ['--namespace', namespace]),
    ]
  }

  /**
   * Runs kubectl and returns its output.
   *
   * @throws ProblemError CLUSTER_UNREACHABLE with kubectl’s error
   */
  async run(args: readonly string[], input = ''): Promise<string> {
    const limits = {
      timeout: this.#limitSeconds * 1_000,
      killSignal: 'SIGKILL',
      maxBuffer: Infinity,
    } as const
    const running = promisify(execFile)('kubectl', [...this.#options, ...args], limits)
    // If kubectl ends without reading its input, writing fails. This is ignored, since only the exit code counts.
    running.child.stdin?.on('error', () => undefined).end(input)
    try {
      return (await running).stdout
    } catch (error) {
      const { code, killed, stderr } = error as ExecFileException
      if (code === 'ENOENT') throw missingProblem()
      throw killed ? this.#slowProblem(args) : trouble('CLUSTER_UNREACHABLE', lastLine(stderr))
    }
  }

  /** Forwards a local port to a port of a pod. */
  async forward(pod: string, port: number): Promise<PortForward> {
    const args = ['port-forward', `pod/${pod}`, `:${port}`]
    const child = spawn('kubectl', [...this.#options, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    const complaint = text(child.stderr).catch(() => '')
    const closed = new Promise(done => child.once('close', done))
    const listening = Promise.withResolvers<string>()
    createInterface({ input: child.stdout }).on('line', line => {
      const [, chosen] = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line) ?? []
      if (chosen !== undefined) listening.resolve(chosen)
    })
    child.once('error', () => listening.reject(missingProblem()))
    closed.then(async () => listening.reject(trouble('CLUSTER_UNREACHABLE', lastLine(await complaint))))
    const limit = setTimeout(() => listening.reject(this.#slowProblem(args)), this.#limitSeconds * 1_000)
    const close = async () => {
      // What kubectl has started may live on and hold the pipes open.
      child.stdout.destroy()
      child.stderr.destroy()
      child.kill('SIGKILL')
      await closed
    }
    try {
      return { url: `http://127.0.0.1:${await listening.promise}`, [Symbol.asyncDispose]: close }
    } catch (error) {
      await close()
      throw error
    } finally {
      clearTimeout(limit)
    }
  }

  #slowProblem([command, ...what]: readonly string[]): ProblemError {
    return trouble(
      'CLUSTER_UNREACHABLE',
      `kubectl ${command} ${what[0]} did not end within ${this.#limitSeconds} s.`,
      'Run it by hand: perhaps the API server or the node does not answer, or kubectl waits for somebody to sign in.',
    )
  }
}

const lastLine = (complaint = '') => complaint.trim().split('\n').at(-1) || 'kubectl failed.'

function missingProblem(): ProblemError {
  return trouble('CLUSTER_UNREACHABLE', 'There is no kubectl on the PATH.', 'Install kubectl.')
}
