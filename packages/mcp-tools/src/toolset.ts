import { type Toolset, toolContext } from '@entra-agents/approval'
import { type AgentIdentity, mayUseApi } from '@entra-agents/identity/core'
import { getOrMake, OnDemand } from '@entra-agents/service-kit'
import type { McpServer } from './config.ts'
import { nameForModel } from './offered-tools/tool-names.ts'
import { mcpProblems } from './problems.ts'
import { ToolLists } from './tool-lists.ts'
import { ToolSource, type ToolSourceOptions } from './tool-source.ts'

export interface McpToolsetOptions extends Omit<ToolSourceOptions, 'agent'> {
  readonly agents: readonly AgentIdentity[]
}

/** The tools of one MCP server. The protocol's library is loaded when the tools are first looked up. */
export function createMcpToolset(server: McpServer, { agents, ...options }: McpToolsetOptions): Toolset {
  const { api } = server
  const users = agents.filter(agent => mayUseApi(agent, api))
  const client = new OnDemand(async () => new (await import('./client/client.ts')).McpClient(server))
  const loadClient = () => client.get()
  const waiting = server.allowedTools.filter(name => !server.readOnlyTools.includes(name))
  if (waiting.length > 0) {
    const line = { api: api.name, tools: waiting }
    options.logger.info(
      line,
      'Calls of these tools wait for approval, since readOnlyTools does not name them.',
    )
  }
  const sources = new Map<string, ToolSource>()
  const lists = new ToolLists()
  const sourceOf = (agent: AgentIdentity) =>
    getOrMake(sources, agent.clientId, () => new ToolSource(server, loadClient, { agent, ...options }, lists))
  return {
    api,
    problems: mcpProblems,
    examples: [],
    async load({ turn }) {
      if (!api.flows.includes(turn.flow)) return []
      const source = sourceOf(turn.agent)
      const { tools, notices } = await source.offer(turn)
      for (const notice of notices) turn.notice(notice)
      if (tools.length === 0) return []
      const { tool } = await import('@langchain/core/tools')
      const client = await loadClient()
      return tools.map(one => {
        const { nameForModel: name, description, schema, change } = one
        const options = { name, description, schema, verboseParsingErrors: true }
        const run = (input: unknown, config: unknown) => {
          const context = toolContext(config)
          const call = () => client.callTool(context, one, input as Readonly<Record<string, unknown>>)
          return source.health.watch(context.turn, one, call)
        }
        return { tool: tool(run, options), api, change, hash: one.hash }
      })
    },
    source: {
      toolNames: server.allowedTools.flatMap(name => [name, nameForModel(api.name, name)]),
      async refresh() {
        await Promise.all(users.map(agent => sourceOf(agent).refresh()))
      },
      health: () => (users[0] ? sourceOf(users[0]).health.current : { state: 'unknown' }),
      async close() {
        await Promise.all([...sources.values()].map(source => source.close()))
        await client.close(made => made.close())
      },
    },
    wasNeeded: () => false,
  }
}
