import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from '../../support/ports.ts'

/** moto is the field’s emulator of AWS, written by others; here it plays IAM and STS. */
const packages = ['moto==5.2.5', 'flask==3.1.3', 'flask-cors==6.0.5']
const environment = resolve(import.meta.dirname, '../../../node_modules/.cache/moto-5.2.5')
const python = join(environment, 'bin/python')
const run = promisify(execFile)

/** moto as a server, in a Python environment that is made once. */
export class Moto implements AsyncDisposable {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(url: string, process: ChildProcess) {
    this.url = url
    this.#process = process
  }

  static async start(): Promise<Moto> {
    await install()
    const port = await findFreePort()
    const process = spawn(python, ['-m', 'moto.server', '-p', String(port)], { stdio: 'ignore' })
    const moto = new Moto(`http://127.0.0.1:${port}`, process)
    while (!(await moto.#responds())) {
      if (process.exitCode !== null) throw new Error(`moto ended with ${process.exitCode}.`)
      await new Promise(later => setTimeout(later, 100))
    }
    return moto
  }

  /** An account with nothing in it. */
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

async function install(): Promise<void> {
  if (existsSync(python)) return
  const unfinished = `${environment}.${randomUUID()}`
  try {
    await run('python3', ['-m', 'venv', unfinished])
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages])
    renameSync(unfinished, environment)
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true })
    if (existsSync(python)) return
    throw new Error(
      `These tests need Python 3.9 or newer with venv (python3 on the PATH) and a package index: ${(cause as Error).message}`,
      { cause },
    )
  }
}
