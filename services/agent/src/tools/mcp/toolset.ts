import type { Toolset } from '../toolset.ts'
import type { McpCalls } from './calls.ts'
import type { McpServer } from './config.ts'
import { mcpProblems } from './problems.ts'
import { ToolSource, type ToolSourceOptions } from './tool-source.ts'

/** The tools of one MCP server. The protocol is loaded when the server's tools are first looked up. */
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
      const { tools, notices } = await source.offer(turn)
      for (const notice of notices) turn.notice(notice.toDocument(turn.requestId))
      if (tools.length === 0) return []
      const { createMcpTools } = await import('./tools.ts')
      return createMcpTools(await loadCalls(), tools, source.health)
    },
    refresh: () => source.refresh(),
    health: () => source.health.current,
    async close() {
      await source.close()
      await (await calls)?.close()
    },
    wasNeeded: () => false,
  }
}
