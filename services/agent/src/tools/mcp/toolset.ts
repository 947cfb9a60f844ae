import type { Toolset } from '../toolset.ts'
import type { McpCalls } from './calls.ts'
import type { McpServer } from './config.ts'
import { mcpProblems } from './problems.ts'
import { ToolSource, type ToolSourceOptions, toolsChanged } from './tool-source.ts'

/** The tools of one MCP server. The protocol is loaded when the server is first looked at. */
export function createMcpToolset(server: McpServer, options: ToolSourceOptions): Toolset {
  const { api } = server
  let calls: Promise<McpCalls> | undefined
  const loadCalls = () => {
    calls ??= import('./calls.ts').then(({ McpCalls }) => new McpCalls(server))
    return calls
  }
  const source = new ToolSource(server, loadCalls, options)
  return {
    api,
    problems: mcpProblems,
    examples: [],
    async load({ turn }) {
      if (!api.flows.includes(turn.flow)) return []
      const offered = await source.offer(turn)
      if (offered === undefined) return []
      const { tools, changed } = offered
      if (changed.length > 0) turn.notice(toolsChanged(server, changed).toDocument(turn.requestId))
      const { createMcpTools } = await import('./tools.ts')
      return createMcpTools(await loadCalls(), tools)
    },
    refresh: () => source.refresh(),
    health: () => source.health,
    async close() {
      await (await calls)?.close()
    },
    wasNeeded: () => false,
  }
}
