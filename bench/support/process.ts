import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { answersOk } from '../../scripts/demo/health.ts'

const clockTicksPerSecond = 100
const startTimeoutMs = 30_000

export class MeasuredProcess {
  readonly startMs: number
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, startMs: number) {
    this.#child = child
    this.#ended = once(child, 'exit')
    this.startMs = startMs
  }

  /** Starts `node <main>` and waits until `healthUrl` answers 200; `startMs` is how long the start took. */
  static async start(main: string, env: Record<string, string>, healthUrl: string): Promise<MeasuredProcess> {
    const startedMs = performance.now()
    const child = spawn(process.execPath, [main], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    while (!(await answersOk(healthUrl))) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`${main} ended (${child.signalCode ?? `exit code ${child.exitCode}`}).`)
      if (performance.now() - startedMs > startTimeoutMs)
        throw new Error(`${main} did not answer at ${healthUrl}.`)
      await delay(1)
    }
    return new MeasuredProcess(child, performance.now() - startedMs)
  }

  /** Resident memory now, in MiB. */
  get residentMiB(): number {
    return (
      Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))?.[1]) / 1024
    )
  }

  /** CPU time used so far by all threads, in milliseconds. */
  get cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return ((Number(fields[11]) + Number(fields[12])) * 1_000) / clockTicksPerSecond
  }

  /** The heap that is left after a garbage collection, in MiB, of a process with `liveHeapOptions`. */
  async liveHeapMiB(file: string): Promise<number> {
    rmSync(file, { force: true })
    this.#child.kill('SIGUSR2')
    while (!existsSync(file) || readFileSync(file, 'utf8') === '') await delay(10)
    return Number(readFileSync(file, 'utf8')) / 2 ** 20
  }

  /** Sends SIGTERM and resolves when the process has ended, with whatever exit code or signal. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}

/** The variables by which a process writes the size of its live heap into a file when it is told to. */
export function liveHeapOptions(nodeOptions: string, file: string) {
  const hook = resolve(import.meta.dirname, 'live-heap.ts')
  return { NODE_OPTIONS: `${nodeOptions} --expose-gc --import=${hook}`, HEAP_FILE: file }
}
