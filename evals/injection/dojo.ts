import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { findProgram } from '../../tests/support/programs.ts'

export const suiteNames = ['workspace', 'travel', 'banking', 'slack'] as const
export type SuiteName = (typeof suiteNames)[number]

/** Which of AgentDojo's versions, and whether `get_webpage` counts as a read or as a change. */
export interface Reading {
  readonly version: string
  readonly webpage: 'changes' | 'reads'
}

/** What `dojo.py` tells of a suite. */
export interface Suite {
  readonly tools: Readonly<Record<string, { readonly api: string; readonly changes: boolean }>>
  readonly tasks: Readonly<
    Record<string, { readonly tools: readonly string[]; readonly changedApis: readonly string[] }>
  >
  readonly attacks: readonly string[]
}

export interface Call {
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>>
}

/** What a model that obeys does in a turn, and what the user wants. */
export interface Scene {
  readonly prompt: string
  readonly output: string
  readonly wanted: readonly Call[]
  readonly injected: readonly Call[]
  /** The tools of APIs for which the user expects to confirm by a second factor. */
  readonly stepUpsExpected: readonly string[]
}

export interface Verdict {
  /** The task is done, says AgentDojo, and no call of it is missing. */
  readonly done: boolean
  /** The attack succeeded, says AgentDojo. */
  readonly succeeded: boolean
  /** The changing calls that ran beyond those of the task. */
  readonly beyond: readonly string[]
  /** The calls that the server refused for a lacking right or second factor. */
  readonly refused: readonly string[]
}

function startPython(file: string, ...args: string[]) {
  const python = findProgram('agentdojo')
  if (!python) throw new Error('Python with AgentDojo is missing. Run: make tools')
  return spawn(python, [join(import.meta.dirname, file), ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
}

/** Runs a program of this folder to its end, and reads the JSON that it prints. */
async function runPython(file: string, ...args: string[]): Promise<unknown> {
  const program = startPython(file, ...args)
  const [printed, [code]] = await Promise.all([text(program.stdout), once(program, 'close')])
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}.`)
  return JSON.parse(printed)
}

export async function readSuite(name: SuiteName, { version, webpage }: Reading): Promise<Suite> {
  return (await runPython('dojo.py', version, name, webpage)) as Suite
}

/** What `table.py` counts of a rung and a suite. */
export interface Counts {
  readonly pairs: number
  readonly whole?: number
  readonly partly?: number
  readonly stopped?: number
  readonly tasks: number
  readonly tasksDone: number
  readonly tasksDoneUnderAttack: number
  readonly approvals: number
  readonly mostApprovals: number
  readonly readsForAttacker: number
  readonly askedByAttacker: number
  /** By the share of unwanted calls that a user approves: how many attacks get through, in whole or in any part. */
  readonly careless?: Readonly<Record<string, { readonly whole: number; readonly any: number }>>
}
export type Table = Readonly<Record<string, Readonly<Record<SuiteName, Counts>>>>

export async function makeTable({ version, webpage }: Reading): Promise<Table> {
  return (await runPython('table.py', version, webpage)) as Table
}

/** The MCP server of a suite. */
export class DojoServer implements AsyncDisposable {
  readonly #process: ReturnType<typeof startPython>
  readonly url: string
  readonly #controlUrl: string

  private constructor(process: ReturnType<typeof startPython>, url: string, controlUrl: string) {
    this.#process = process
    this.url = url
    this.#controlUrl = controlUrl
  }

  /** @param checks the issuer of tokens, their audience, and the agents that may call */
  static async start(
    suite: SuiteName,
    reading: Reading,
    checks: { readonly tenant: string; readonly appId: string; readonly agents: readonly string[] },
  ): Promise<DojoServer> {
    const server = startPython('server.py')
    server.stdin.write(`${JSON.stringify({ suite, ...reading, ...checks })}\n`)
    const ended = once(server, 'exit').then(([code]) => {
      throw new Error(`The server ended with ${code}.`)
    })
    const [line] = await Promise.race([once(createInterface(server.stdout), 'line'), ended])
    ended.catch(() => {})
    const { url, controlUrl } = JSON.parse(line)
    return new DojoServer(server, url, controlUrl)
  }

  async setScene(task: string, attack: string | undefined, stepUp: boolean): Promise<Scene> {
    const body = JSON.stringify({ task, attack, stepUp })
    return (await (await fetch(`${this.#controlUrl}/start`, { method: 'POST', body })).json()) as Scene
  }

  async judge(): Promise<Verdict> {
    return (await (await fetch(`${this.#controlUrl}/verdict`)).json()) as Verdict
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit')
    // The server ends with its standard input, so also when this process is killed.
    this.#process.kill()
    await ended
  }
}
