import { type ProblemError, toProblem } from '@entra-bedrock-agent/service-kit'
import type { FastifyBaseLogger } from 'fastify'
import type { CallApi } from '../../downstream/api-caller.ts'
import type { AgentIdentity } from '../../identity/agent-identity.ts'
import type { ComponentHealth } from '../../status/health.ts'
import { betweenTurns } from '../../turn/between-turns.ts'
import type { Caller, Turn } from '../../turn/turn.ts'
import type { McpCalls } from './calls.ts'
import { type ChangedTool, type ChosenTools, chooseTools } from './choose-tools.ts'
import type { McpServer } from './config.ts'
import { mcpProblem, mcpProblems } from './problems.ts'

export interface ToolSourceOptions {
  readonly agent: AgentIdentity
  readonly callApi: CallApi
  readonly logger: FastifyBaseLogger
}

const freshForMs = 30_000
const firstPauseMs = 5_000
const longestPauseMs = 5 * 60_000

/**
 * What a server offers, looked at between turns under the agent's own identity; or, where the server is for users only,
 * in each turn under the user's. A server that fails is left alone for a while, longer each time.
 */
export class ToolSource {
  readonly #server: McpServer
  readonly #calls: () => Promise<Pick<McpCalls, 'listTools'>>
  readonly #options: ToolSourceOptions
  #known: ChosenTools | undefined
  #knownUntilMs = 0
  #looking: Promise<ChosenTools | undefined> | undefined
  #failures = 0
  #retryAtMs = 0
  #health: ComponentHealth | undefined
  #reported = ''

  constructor(
    server: McpServer,
    calls: () => Promise<Pick<McpCalls, 'listTools'>>,
    options: ToolSourceOptions,
  ) {
    this.#server = server
    this.#calls = calls
    this.#options = options
  }

  /** Why not every allowed tool is offered; `undefined` when nothing is known against them. */
  get health(): ComponentHealth | undefined {
    return this.#health
  }

  /**
   * What a turn can use; fixed for the turn. `undefined` while the server cannot be used.
   *
   * @throws ProblemError when the server is for users only and this user's consent or more authentication is needed.
   */
  offer(turn: Turn): Promise<ChosenTools | undefined> {
    return this.#isLookedAtBetweenTurns ? this.#current() : this.#look(turn)
  }

  /** Looks anew if the last look is old. Never throws. */
  async refresh(): Promise<void> {
    if (this.#isLookedAtBetweenTurns) await this.#current()
  }

  get #isLookedAtBetweenTurns(): boolean {
    return this.#server.api.flows.includes('autonomous')
  }

  async #current(): Promise<ChosenTools | undefined> {
    if (performance.now() < this.#knownUntilMs) return this.#known
    this.#looking ??= this.#look(betweenTurns(this.#options.agent)).finally(() => {
      this.#looking = undefined
    })
    this.#known = await this.#looking
    this.#knownUntilMs = this.#known ? performance.now() + freshForMs : 0
    return this.#known
  }

  async #look(caller: Caller): Promise<ChosenTools | undefined> {
    if (performance.now() < this.#retryAtMs) return undefined
    try {
      const calls = await this.#calls()
      const chosen = chooseTools(this.#server, await calls.listTools(caller, this.#options.callApi))
      this.#failures = 0
      this.#report(chosen)
      return chosen
    } catch (error) {
      caller.signal.throwIfAborted()
      const failure = toProblem(error)
      const { status } = failure.kind
      if (caller.user && (status === 401 || status === 403)) throw error
      this.#warn(failure, error)
      // A refusal of one user's token says nothing of the next one's.
      if (!caller.user || failure.code in mcpProblems) this.#retryLater(failure)
      return undefined
    }
  }

  #retryLater(problem: ProblemError): void {
    this.#retryAtMs = performance.now() + Math.min(firstPauseMs * 2 ** this.#failures, longestPauseMs)
    this.#failures += 1
    this.#health = { state: 'unavailable', checkedAt: new Date().toISOString(), problem }
  }

  /** Without the server's words, which may be in the failure's. */
  #warn({ code, options: { upstream } }: ProblemError, error: unknown): void {
    const unexpected = code === 'INTERNAL_ERROR' ? { err: error } : {}
    this.#options.logger.warn(
      { api: this.#server.api.name, code, upstream, ...unexpected },
      'The tools of an MCP server are not known.',
    )
  }

  /** Once for each thing that was not so before. */
  #report({ tools, changed, refused }: ChosenTools): void {
    const { api, pins } = this.#server
    this.#health =
      changed.length === 0
        ? undefined
        : {
            state: 'ready',
            checkedAt: new Date().toISOString(),
            problem: toolsChanged(this.#server, changed),
          }
    const unpinned = tools
      .map(({ definition: { name }, hash }) => ({ tool: name, hash }))
      .filter(({ tool }) => pins[tool] === undefined)
    const report = JSON.stringify([unpinned, changed, refused])
    if (report === this.#reported) return
    this.#reported = report
    const { logger } = this.#options
    for (const one of unpinned) logger.info({ api: api.name, ...one }, 'This tool can be pinned by its hash.')
    for (const one of changed) {
      logger.warn(
        { api: api.name, ...one },
        'This tool is not the one that was pinned, so it is not offered.',
      )
    }
    for (const one of refused) logger.warn({ api: api.name, ...one }, 'This allowed tool is not offered.')
  }
}

/** Tells which tools are dropped since they are not what was pinned. */
export function toolsChanged({ api }: McpServer, changed: readonly ChangedTool[]): ProblemError {
  const names = changed.map(({ tool }) => tool).join(', ')
  return mcpProblem('MCP_TOOL_CHANGED', `The ${api.title} lists ${names} otherwise than it was pinned.`, {
    upstream: { service: api.name },
    hint: `Look at what the ${api.title} changed in ${names}; if that is wanted, pin the new hash, which the agent’s log names.`,
  })
}
