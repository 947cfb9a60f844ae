import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Finding } from '@entra-agents/agentctl/doctor/finding'
import { identities } from '../../support/identities.ts'
import type { Demo } from './demo.ts'
import { EntraControls } from './entra.ts'

const agentctl = resolve(import.meta.dirname, '../../../packages/agentctl/src/agentctl.ts')
const localhostNames = resolve(import.meta.dirname, 'localhost-names.ts')

interface RunResult {
  readonly code: number
  /** The standard output. */
  readonly output: string
  /** The standard error. */
  readonly said: string
}

/** An operator's machine: this repository, kubectl, a folder, and port-forwards to the page and Entra. */
export class Operator implements AsyncDisposable {
  readonly #demo: Demo
  readonly #entra: EntraControls
  readonly #folder: string
  readonly #environment: Readonly<Record<string, string>>

  private constructor(
    demo: Demo,
    entra: EntraControls,
    folder: string,
    environment: Readonly<Record<string, string>>,
  ) {
    this.#demo = demo
    this.#entra = entra
    this.#folder = folder
    this.#environment = environment
  }

  /** @param environment additional variables of the operator's shell */
  static async of(demo: Demo, environment: Readonly<Record<string, string>> = {}): Promise<Operator> {
    const entra = await EntraControls.of(demo)
    const folder = await mkdtemp(join(tmpdir(), 'operator-'))
    const NODE_EXTRA_CA_CERTS = join(folder, 'ca.crt')
    await writeFile(NODE_EXTRA_CA_CERTS, entra.authority)
    return new Operator(demo, entra, folder, {
      ...environment,
      NODE_EXTRA_CA_CERTS,
      GRAPH_URL: demo.entraOrigin,
    })
  }

  /** Runs `agentctl <command> <args>` in the folder that stands for the operator's machine. */
  run(command: 'doctor' | 'entra' | 'helm-values', ...args: readonly string[]): Promise<RunResult> {
    const env = { ...process.env, ...this.#environment }
    return new Promise((done, failed) => {
      const words = ['--import', localhostNames, agentctl, command, ...args]
      const child = execFile(process.execPath, words, { cwd: this.#folder, env }, (error, output, said) => {
        if (child.exitCode === null) failed(error)
        else done({ code: child.exitCode, output, said })
      })
    })
  }

  /** Runs `agentctl entra <command> <args>` for the tenant, signed in as Ada. */
  async entra(command: string, ...args: readonly string[]): Promise<RunResult> {
    const token = await this.write('graph-token', await this.#entra.signInToGraph())
    const target = ['--tenant', identities.tenantId, '--access-token-file', token]
    return this.run('entra', command, ...target, ...args)
  }

  /** Runs `agentctl doctor --kube --json` with a user's token, so that the doctor also asks on behalf of this user. */
  async examine(userToken: string): Promise<{ status: string; findings: readonly Finding[] }> {
    const target = ['--namespace', this.#demo.namespace.name, '--release', 'demo']
    const user = ['--user-token-file', await this.write('user-token', userToken)]
    const page = ['--page', await this.#demo.agentUrl()]
    return JSON.parse((await this.run('doctor', '--kube', '--json', ...target, ...user, ...page)).output)
  }

  /** Writes a file into the folder and returns its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.#folder, name)
    await writeFile(path, text)
    return path
  }

  /** The variables in `.env`. */
  async variables(): Promise<Readonly<Record<string, string | undefined>>> {
    return parseEnv(await readFile(join(this.#folder, '.env'), 'utf8'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }
}
