import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import * as wellKnown from '@entra-agents/trace/well-known'
import { vi } from 'vitest'
import { requestCustomToken } from '../../../../../emulators/entra/src/testing/requests.ts'
import { seedIds } from '../../../../../emulators/entra/src/testing/seed-ids.ts'
import {
  type SendRequest,
  setupAppId,
  startEntra,
  type TestEntra,
  tenantId,
} from '../../../../../emulators/entra/src/testing/start-entra.ts'
import type { CloudReaders } from '../../../src/entra/blast-radius/blast-radius.ts'
import { perform, type World } from '../../../src/entra/command.ts'
import { permissions } from '../../../src/entra/objects/kinds.ts'
import { addEntraCommands } from '../../../src/entra/options.ts'
import type { Receipt } from '../../../src/entra/receipt.ts'
import { newProgram, runProgram } from '../../../src/set-up/program.ts'

/** An emulated tenant before its set-up. */
export function startEmptyTenant(): Promise<TestEntra> {
  return startEntra({ EMPTY_TENANT: 'true' })
}

/** Ada's token for Graph, by default with every permission of the set-up. */
export function graphToken(
  entra: Pick<TestEntra, 'url'>,
  scopes: readonly string[] = permissions,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return requestCustomToken(entra, {
    client: setupAppId,
    resource: wellKnown.graphUri,
    user: seedIds.ada,
    scopes,
    ...more,
  })
}

/** An application's token for Graph. Unlike users, applications may read the sponsors of agents. */
export function applicationToken(entra: Pick<TestEntra, 'url'>, roles: readonly string[]): Promise<string> {
  return graphToken(entra, [], { user: undefined, scopes: undefined, roles })
}

/** The words of a command line; quotes hold blanks. */
export const splitLine = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|\S+/g)].map(([word, quoted]) => quoted ?? word)

/** Runs `agentctl entra …` in this process; resolves to its exit code. */
async function runEntra(args: readonly string[], world: World): Promise<number> {
  const program = newProgram(world)
  let code = 0
  addEntraCommands(program.command('entra'), async invocation => {
    code = await perform(invocation, world)
  })
  return (await runProgram(program, ['entra', ...args], world)) ?? code
}

/** A folder with receipt and `.env`, in which the command line runs. When the command line waits, no real time passes. */
export class Workplace implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'entra-cli-'))
  readonly receiptPath = join(this.folder, 'receipt.json')
  readonly envPath = join(this.folder, 'dotenv')
  readonly agentsPath = join(this.folder, 'agents.json')
  readonly tokenPath = join(this.folder, 'token')
  /** Azure, Kubernetes and AWS around the tenant. */
  surroundings: CloudReaders = {}
  readonly #graphUrl: string
  readonly #fetch: SendRequest
  #nowMs = Date.now()

  constructor(graphUrl: string, token: string, send: SendRequest = fetch) {
    this.#graphUrl = graphUrl
    this.#fetch = send
    this.useToken(token)
  }

  useToken(token: string): void {
    writeFileSync(this.tokenPath, `${token}\n`)
  }

  /** Lets time pass for the command line. */
  pass(seconds: number): void {
    this.#nowMs += seconds * 1_000
  }

  /** Runs a command line, split at blanks outside of quotes, with `options`, which may contain anything. */
  async run(line: string, ...options: readonly string[]) {
    const files = {
      receipt: this.receiptPath,
      dotenv: this.envPath,
      'agents-config': this.agentsPath,
      'access-token-file': this.tokenPath,
    }
    const args = Object.entries(files).flatMap(([name, path]) => [`--${name}`, path])
    const [command = '', ...given] = splitLine(line)
    return this.runBare([command, ...args, '--tenant', tenantId, ...given, ...options])
  }

  /** Runs the command line with exactly these arguments; `run` would add some. */
  async runBare(args: readonly string[], env: World['env'] = { GRAPH_URL: this.#graphUrl }) {
    const output: string[] = []
    /** Progress and failures, which are printed apart from the output. */
    const said: string[] = []
    /** How long the command line waited each time, in seconds. */
    const pauses: number[] = []
    const code = await runEntra(args, {
      env,
      fetch: this.#fetch,
      ...this.surroundings,
      clock: {
        enteredMs: this.#nowMs,
        nowMs: () => this.#nowMs,
        wait: async ms => {
          pauses.push(ms / 1_000)
          this.#nowMs += ms
        },
      },
      print: line => void output.push(line),
      say: line => void said.push(line),
      ask: async () => false,
    })
    return { code, output: output.join('\n'), said: said.join('\n'), pauses }
  }

  get receipt(): Receipt {
    return JSON.parse(readFileSync(this.receiptPath, 'utf8'))
  }

  get hasReceipt(): boolean {
    return existsSync(this.receiptPath)
  }

  get variables(): Readonly<Record<string, string | undefined>> {
    return existsSync(this.envPath) ? parseEnv(readFileSync(this.envPath, 'utf8')) : {}
  }

  /** For the rest of the test, a shell script stands on the PATH in place of a command. */
  standIn(name: string, script: string): void {
    writeFileSync(join(this.folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    vi.stubEnv('PATH', `${this.folder}:${process.env['PATH']}`)
  }

  /** The contents of receipt and `.env`, for `restore`. */
  save(): readonly string[] {
    return [this.receiptPath, this.envPath].map(path => readFileSync(path, 'utf8'))
  }

  restore([receipt = '', dotenv = '']: readonly string[]): void {
    writeFileSync(this.receiptPath, receipt)
    writeFileSync(this.envPath, dotenv)
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
