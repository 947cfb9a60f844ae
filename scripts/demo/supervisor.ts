import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { answersOk } from './health.ts'
import { printLog } from './log.ts'
import type { DemoProcess } from './process.ts'

/** The longest name of a process. */
const nameWidth = 'weather-api'.length
const stopWithParent = new URL('stop-with-parent.ts', import.meta.url).href
const startTimeoutMs = 30_000
const stopTimeoutMs = 10_000
const pollIntervalMs = 50

/** Starts processes, waits until they are ready, and stops all when one ends. */
export class Supervisor {
  readonly #running = new Map<ChildProcess, string>()
  readonly #finished = Promise.withResolvers<number>()
  #exitCode: number | undefined

  /** Resolves to the exit code of the demo once every process has ended. */
  get finished(): Promise<number> {
    return this.#finished.promise
  }

  /** Starts these processes at the same time. Resolves to `true` when all are healthy, to `false` when the demo is stopping. */
  async start(processes: readonly DemoProcess[]): Promise<boolean> {
    for (const process of processes) this.#spawn(process)
    const ready = await Promise.all(processes.map(process => this.#waitUntilHealthy(process)))
    return ready.every(Boolean)
  }

  /** Stops all processes; the demo ends with `exitCode`. Further calls have no effect. */
  stop(exitCode = 0): void {
    if (this.#exitCode !== undefined) return
    this.#exitCode = exitCode
    for (const child of this.#running.keys()) child.kill('SIGTERM')
    setTimeout(() => {
      for (const child of this.#running.keys()) child.kill('SIGKILL')
    }, stopTimeoutMs).unref()
    this.#finishWhenAllEnded()
  }

  #spawn({ name, main, env }: DemoProcess): void {
    // Detached, so that Ctrl-C reaches only the demo itself, which then stops its processes.
    const child = spawn(process.execPath, ['--import', stopWithParent, main], {
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
      // On Windows each would have a console window.
      windowsHide: true,
    })
    this.#running.set(child, name)
    printLog(child, name.padEnd(nameWidth))
    child.once('exit', (code, signal) => {
      this.#running.delete(child)
      if (this.#exitCode === undefined) {
        console.error(
          `\n${name} ended (${signal ?? `exit code ${code}`}); its last lines above say why. Stopping the rest.`,
        )
        this.stop(1)
      }
      this.#finishWhenAllEnded()
    })
  }

  async #waitUntilHealthy({ name, healthUrl }: DemoProcess): Promise<boolean> {
    const deadline = performance.now() + startTimeoutMs
    while (this.#exitCode === undefined) {
      if (await answersOk(healthUrl)) return true
      if (performance.now() > deadline) {
        console.error(`\n${name} did not become ready within ${startTimeoutMs / 1000} s (${healthUrl}).`)
        this.stop(1)
      }
      await delay(pollIntervalMs)
    }
    return false
  }

  #finishWhenAllEnded(): void {
    if (this.#exitCode !== undefined && this.#running.size === 0) this.#finished.resolve(this.#exitCode)
  }
}
