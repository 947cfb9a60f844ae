import type { PausableTurn } from '@entra-agents/approval'
import {
  type AgentIdentity,
  type ApiCaller,
  betweenTurns,
  type Caller,
  ownFlow,
  TraceRecorder,
} from '@entra-agents/identity/core'
import {
  LinkedAbort,
  type Log,
  type ProblemError,
  SharedRequests,
  toProblem,
} from '@entra-agents/service-kit'
import { mapFlows, needsUser, readNumericDate } from '@entra-agents/trace'
import { BackOff } from './back-off.ts'
import type { McpClient } from './client/client.ts'
import type { McpServer } from './config.ts'
import { explainMissing, isAboutUser, unknownToolsProblem } from './missing-tools.ts'
import { type ChosenTool, type ChosenTools, chooseTools } from './offered-tools/offered-tools.ts'
import { mcpProblem, mcpProblems } from './problems.ts'
import { ServerHealth } from './server-health.ts'
import { askerKey, ToolLists } from './tool-lists.ts'

export interface ToolSourceOptions {
  readonly agent: AgentIdentity
  readonly apis: Pick<ApiCaller, 'for'>
  readonly logger: Log
}

/** What a turn gets from a server. */
export interface ToolOffer {
  readonly tools: readonly ChosenTool[]
  /** For the user: problems that say which tools are missing, and why. */
  readonly notices: readonly ProblemError[]
}

interface LookUp {
  readonly limit: LinkedAbort
  readonly ended: Promise<void>
  /** Whether a turn has given up waiting for the look-up. */
  isSlow: boolean
}

/** How long a turn waits for a list of tools that is not known yet: as long as a cold token, connection and list take. */
const waitForListMs = 2_500
/** The time limit of a look-up, for token and list together. */
const lookUpTimeoutMs = 15_000
const maxRememberedReports = 1_000

/**
 * The tools that a server offers to one agent: a list for each flow without a user, and one for each user. A turn gets the
 * known list at once; if the list is old, it is looked up again meanwhile. After a failure the server is not asked for a while.
 */
export class ToolSource {
  readonly health: ServerHealth
  readonly #server: McpServer
  readonly #client: () => Promise<Pick<McpClient, 'listTools'>>
  readonly #options: ToolSourceOptions
  readonly #lists: ToolLists
  readonly #backOff = mapFlows(() => new BackOff())
  readonly #joined = new SharedRequests<void>(Number.POSITIVE_INFINITY)
  readonly #underWay = new Map<string, LookUp>()
  readonly #reported = new Set<string>()
  #isClosed = false

  constructor(
    server: McpServer,
    client: () => Promise<Pick<McpClient, 'listTools'>>,
    options: ToolSourceOptions,
    lists: ToolLists = new ToolLists(),
  ) {
    this.#lists = lists
    this.#server = server
    this.#client = client
    this.#options = options
    this.health = new ServerHealth(server)
  }

  /** The tools that a turn can use, fixed for the turn. Throws only the reason of the turn's abort. */
  async offer(turn: PausableTurn): Promise<ToolOffer> {
    const { tools, isFresh } = this.#lists.of(turn)
    const mustBeCurrent = this.#hasWaited(turn)
    if (tools && !isFresh && !mustBeCurrent) this.#lookUpBehind(turn)
    if (mustBeCurrent || (!tools && !isFresh)) await this.#lookUpWithPatience(turn)
    if (turn.flow !== ownFlow && !this.#lists.of(turn).tools) void this.refresh()
    return this.#describeFor(turn)
  }

  /** Looks the agent's own list up again if it is old. Never throws. */
  async refresh(): Promise<void> {
    const own = betweenTurns(this.#options.agent)
    if (this.#lists.of(own).isFresh) return
    // The agent has a list of its own if it and the server have the autonomous flow; else only the client is loaded.
    const mayAsk = [this.#server.api, own.agent].every(({ flows }) => flows.includes(ownFlow))
    const prepared = mayAsk ? this.#lookUp(own, new AbortController().signal) : this.#client()
    await prepared.catch(() => {})
  }

  /** Ends the look-ups that are under way, and prevents further look-ups. */
  async close(): Promise<void> {
    this.#isClosed = true
    const underWay = [...this.#underWay.values()]
    for (const { limit } of underWay) limit.abort('The agent stops.')
    await Promise.all(underWay.map(({ ended }) => ended))
  }

  /** Whether the turn has calls to this server that waited for the user: they are made only if their tools are unchanged. */
  #hasWaited({ resumed }: PausableTurn): boolean {
    const pending = resumed?.continuation.pending ?? []
    return pending.some(({ api }) => api === this.#server.api.name)
  }

  /** Offers the agent's own list if the turn's list is unknown. The server may then refuse the call of an offered tool. */
  #describeFor(turn: PausableTurn): ToolOffer {
    const { tools, refusal } = this.#lists.of(turn)
    const known = tools ?? this.#lists.of({ agent: turn.agent, flow: ownFlow, user: undefined }).tools
    if (known) return { tools: known.tools, notices: explainMissing(this.#server, known.missing) }
    const reason = refusal ?? this.#backOff[turn.flow].problem ?? this.#tooSlow()
    return { tools: [], notices: [unknownToolsProblem(this.#server, reason)] }
  }

  #lookUpBehind(turn: PausableTurn): void {
    const asked = this.#asker(turn, new TraceRecorder(() => {}))
    this.#lookUp(asked, new AbortController().signal).catch(() => {})
  }

  async #lookUpWithPatience(turn: PausableTurn): Promise<void> {
    const key = askerKey(turn)
    if (this.#underWay.get(key)?.isSlow) return
    using patience = new LinkedAbort(turn.signal)
    const { trace, leave } = turn.trace.branch()
    const { promise: hadEnough, resolve: giveUp } = Promise.withResolvers<void>()
    patience.after(waitForListMs, () => {
      const lookUp = this.#underWay.get(key)
      if (lookUp) lookUp.isSlow = true
      giveUp()
    })
    try {
      await Promise.race([this.#lookUp(this.#asker(turn, trace), patience.signal), hadEnough])
    } finally {
      leave(turn.signal.aborted ? undefined : this.#tooSlow().toDocument(turn.requestId))
    }
  }

  /** The caller for a look-up. Without a user, the caller is not the turn, since other turns use the result, too. */
  #asker(
    { requestId, correlationId, agent, flow, user, signal }: PausableTurn,
    trace: TraceRecorder,
  ): Caller {
    return needsUser(flow)
      ? { requestId, correlationId, agent, flow, user, signal, trace }
      : betweenTurns(agent, flow)
  }

  /** Joins the look-up that is under way for the same user, or starts one. Rejects only when the signal is aborted. */
  async #lookUp(asked: Caller, signal: AbortSignal): Promise<void> {
    if (this.#isClosed || this.#backOff[asked.flow].problem) return
    const key = askerKey(asked)
    await this.#joined.join(key, signal, async shared => {
      using limit = new LinkedAbort(shared)
      const ended = this.#look(asked, limit)
      const lookUp: LookUp = { limit, ended, isSlow: false }
      this.#underWay.set(key, lookUp)
      await ended
      if (this.#underWay.get(key) === lookUp) this.#underWay.delete(key)
    })
  }

  /** Never rejects: a failure is recorded. */
  async #look(asked: Caller, limit: LinkedAbort): Promise<void> {
    const { signal } = limit
    const caller: Caller = { ...asked, signal }
    const tooLong = this.#unreachable(`did not list its tools within ${lookUpTimeoutMs / 1_000} seconds`)
    const tokenMs = tokenUsableForMs(asked.user)
    if (tokenMs === 0) return
    if (tokenMs < lookUpTimeoutMs) limit.after(tokenMs, () => limit.abort('The user’s token has expired.'))
    else limit.after(lookUpTimeoutMs, () => limit.abort(tooLong))
    try {
      const client = await this.#client()
      const { tools, cutAfterPages } = await client.listTools(this.#options.apis.for(caller))
      this.#listed(caller, chooseTools(this.#server, tools, cutAfterPages))
    } catch (error) {
      // A look-up that was given up says nothing of the server.
      if (!signal.aborted || signal.reason === tooLong) this.#failed(caller, toProblem(error), error)
    } finally {
      // Closes the connection that was made for the look-up.
      limit.abort('The look-up is over.')
    }
  }

  #listed(caller: Caller, chosen: ChosenTools): void {
    const { flow } = caller
    this.#lists.listed(caller, chosen)
    this.#backOff[flow].worked()
    this.health.listed(flow, chosen)
    this.#report(chosen)
  }

  #failed(caller: Caller, failure: ProblemError, error: unknown): void {
    const { flow, user } = caller
    this.#warn(failure, error)
    if (user && isAboutUser(failure)) {
      this.#lists.refused(caller, failure)
    } else {
      this.#backOff[flow].failed(failure)
      this.health.fails(flow, failure)
    }
  }

  #tooSlow(): ProblemError {
    const what = `is still connecting: it did not list its tools within ${waitForListMs / 1_000} seconds`
    return this.#unreachable(what, `Ask again in a moment. ${mcpProblems.MCP_SERVER_UNREACHABLE.hint}`)
  }

  #unreachable(what: string, hint?: string): ProblemError {
    const { name, title } = this.#server.api
    const options = { upstream: { service: name }, hint }
    return mcpProblem('MCP_SERVER_UNREACHABLE', `The ${title} ${what}.`, options)
  }

  /** Logs without the failure's text, which may quote the server. */
  #warn({ code, options: { upstream } }: ProblemError, error: unknown): void {
    const unexpected = code === 'INTERNAL_ERROR' ? { err: error } : {}
    this.#options.logger.warn(
      { api: this.#server.api.name, code, upstream, ...unexpected },
      'The tools of an MCP server are not known.',
    )
  }

  #report({ tools, missing }: ChosenTools): void {
    const { logger } = this.#options
    const { pins, readOnlyTools } = this.#server
    for (const { definition, hash, change } of tools) {
      const { name: tool } = definition
      if (change && readOnlyTools.includes(tool)) {
        const text = 'The server says that this tool changes something, so its calls wait for approval.'
        this.#once({ tool }, line => logger.warn(line, text))
      }
      if (pins[tool] !== undefined) continue
      this.#once({ tool, hash }, line => logger.info(line, 'This tool can be pinned by its hash.'))
    }
    for (const { tool, reason, hashes } of missing) {
      const text = hashes
        ? 'This tool is not the one that was pinned, so it is not offered.'
        : 'This allowed tool is not offered.'
      this.#once({ tool, ...(hashes ?? { reason }) }, line => logger.warn(line, text))
    }
  }

  /** Logs these facts, unless they were logged before. */
  #once(facts: Readonly<Record<string, string>>, tell: (line: object) => void): void {
    const key = JSON.stringify(facts)
    if (this.#reported.has(key)) return
    if (this.#reported.size >= maxRememberedReports) this.#reported.clear()
    this.#reported.add(key)
    tell({ api: this.#server.api.name, ...facts })
  }
}

/** How long a user's token is still valid; without a user there is no limit: each look-up obtains a token. */
function tokenUsableForMs(user: Caller['user']): number {
  const expiresAt = readNumericDate(user?.claims['exp'])
  return expiresAt === undefined ? Number.POSITIVE_INFINITY : Math.max(0, expiresAt * 1_000 - Date.now())
}
