import { type ChildProcess, spawn } from 'node:child_process'
import { launcherOf } from '../../../scripts/tools/tool.ts'
import { findFreePort } from '../../support/ports.ts'

/** moto, a third-party emulator of AWS; these tests use its IAM and STS. */
export class Moto implements AsyncDisposable {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(url: string, process: ChildProcess) {
    this.url = url
    this.#process = process
  }

  static async start(): Promise<Moto> {
    const port = await findFreePort()
    const process = spawn(launcherOf('python'), ['-m', 'moto.server', '-p', String(port)], {
      stdio: 'ignore',
    })
    const moto = new Moto(`http://127.0.0.1:${port}`, process)
    while (!(await moto.#responds())) {
      if (process.exitCode !== null) throw new Error(`moto ended with ${process.exitCode}.`)
      await new Promise(later => setTimeout(later, 100))
    }
    return moto
  }

  /** Removes everything from the emulated account. */
  async reset(): Promise<void> {
    await fetch(`${this.url}/moto-api/reset`, { method: 'POST' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise(done => this.#process.once('exit', done))
    this.#process.kill()
    await ended
  }

  async #responds(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/moto-api/`)).ok
    } catch {
      return false
    }
  }
}
