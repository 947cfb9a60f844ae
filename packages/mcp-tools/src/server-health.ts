import type { PausableTurn } from '@entra-agents/approval'
import { ownFlow } from '@entra-agents/identity/core'
import {
  type ComponentHealth,
  HealthRecord,
  type ProblemError,
  type ToolHealth,
  toProblem,
} from '@entra-agents/service-kit'
import { type Flow, mapFlows } from '@entra-agents/trace'
import type { McpServer } from './config.ts'
import { explainMissing, isAboutUser, refusedToolsProblem } from './missing-tools.ts'
import type { ChosenTool, ChosenTools } from './offered-tools/offered-tools.ts'
import { mcpProblems } from './problems.ts'

/** Health of a server and of each of its allowed tools for one agent, by the last look-ups and calls. */
export class ServerHealth {
  readonly #server: McpServer
  readonly #flows = mapFlows(() => new HealthRecord())
  readonly #tools: ReadonlyMap<string, HealthRecord>
  #list: { readonly tools: ChosenTools; readonly checkedAt: string } | undefined

  constructor(server: McpServer) {
    this.#server = server
    this.#tools = new Map(server.allowedTools.map(name => [name, new HealthRecord()]))
  }

  get current(): ComponentHealth {
    return { ...this.#ofServer, tools: [...this.#tools].map(([name, record]) => this.#ofTool(name, record)) }
  }

  /** If the agent may list a server's tools as itself, that list alone counts: users may see other tools. */
  listed(flow: Flow, tools: ChosenTools): void {
    this.works(flow)
    if (flow === ownFlow || !this.#server.api.flows.includes(ownFlow)) {
      this.#list = { tools, checkedAt: new Date().toISOString() }
    }
  }

  works(flow: Flow): void {
    this.#flows[flow].works()
    for (const record of Object.values(this.#flows)) {
      if (isServerProblem(record.current.problem)) record.forget()
    }
  }

  fails(flow: Flow, problem: ProblemError): void {
    const records = isServerProblem(problem) ? Object.values(this.#flows) : [this.#flows[flow]]
    for (const record of records) record.fails(problem)
  }

  /** Makes a call of a tool and remembers how it went. */
  async watch<Result>(turn: PausableTurn, tool: ChosenTool, call: () => Promise<Result>): Promise<Result> {
    const record = this.#tools.get(tool.definition.name)
    try {
      const result = await call()
      this.works(turn.flow)
      record?.works()
      return result
    } catch (error) {
      if (!turn.signal.aborted) this.#callFailed(turn, record, toProblem(error))
      throw error
    }
  }

  #callFailed(turn: PausableTurn, record: HealthRecord | undefined, problem: ProblemError): void {
    if (problem.code === 'API_FORBIDDEN') {
      // The server accepted the token, and refused only this tool.
      this.works(turn.flow)
      record?.fails(problem)
    } else if (problem.kind.status >= 500) {
      if (!turn.user || !isAboutUser(problem)) this.fails(turn.flow, problem)
    } else if (problem.code in mcpProblems) {
      this.works(turn.flow)
      record?.works()
    }
  }

  get #ofServer(): ComponentHealth {
    const flows = Object.values(this.#flows).map(({ current }) => current)
    const failing = flows.find(({ state }) => state === 'unavailable')
    const working = flows.find(({ state }) => state === 'ready')
    const problem = failing?.problem ?? this.#missing
    return { ...(working ?? failing ?? { state: 'unknown' }), ...(problem ? { problem } : {}) }
  }

  get #missing(): ProblemError | undefined {
    const missing = this.#list?.tools.missing ?? []
    const [problem, another] = explainMissing(this.#server, missing)
    // Tools that were changed come first.
    const all = missing.toSorted((a, b) => Number(!a.hashes) - Number(!b.hashes))
    return another ? refusedToolsProblem(this.#server, all) : problem
  }

  #ofTool(name: string, { current }: HealthRecord): ToolHealth {
    const known = { name, ...(this.#waits(name) ? { waits: true } : {}) }
    if (!this.#list) return { ...known, ...current }
    const { tools, checkedAt } = this.#list
    const missing = tools.missing.filter(({ tool }) => tool === name)
    const [problem] = explainMissing(this.#server, missing)
    return problem ? { ...known, state: 'unavailable', checkedAt, problem } : { ...known, ...current }
  }

  #waits(name: string): boolean {
    const listed = this.#list?.tools.tools.find(({ definition }) => definition.name === name)
    return listed ? listed.change !== undefined : !this.#server.readOnlyTools.includes(name)
  }
}

/** Whether a problem is the server's own, so that all flows have it. */
function isServerProblem(problem: ProblemError | undefined): boolean {
  return problem !== undefined && problem.code in mcpProblems
}
