import type { Check } from './finding.ts'
import { trouble } from './problems.ts'

/** A server of an MCP configuration, as far as the doctor reads it. */
type McpServer = Partial<
  Record<'allowedTools' | 'readOnlyTools' | 'authenticationContexts', readonly string[]>
>

/** The tools of an MCP server that wait for the user's approval, and whether the configuration says which tools only read. */
export interface WaitingTools {
  readonly server: string
  readonly tools: readonly string[]
  readonly isStated: boolean
}

function serversOf(mcpConfig: string) {
  const config = JSON.parse(mcpConfig) as { readonly mcpServers: Readonly<Record<string, McpServer>> }
  return Object.entries(config.mcpServers)
}

/** @throws {SyntaxError} when `mcpConfig` is no JSON */
export function waitingTools(mcpConfig = '{"mcpServers":{}}'): readonly WaitingTools[] {
  return serversOf(mcpConfig).map(([server, { allowedTools = [], readOnlyTools }]) => ({
    server,
    tools: allowedTools.filter(tool => !readOnlyTools?.includes(tool)),
    isStated: readOnlyTools !== undefined,
  }))
}

/** The authentication contexts that the alerts and MCP servers may ask users to prove. @throws {SyntaxError} when `mcpConfig` is no JSON */
export function authenticationContexts(ofAlerts = '', mcpConfig = '{"mcpServers":{}}'): readonly string[] {
  const ofServers = serversOf(mcpConfig).flatMap(
    ([, { authenticationContexts = [] }]) => authenticationContexts,
  )
  return [...new Set([...ofAlerts.split(',').flatMap(one => one.trim() || []), ...ofServers])]
}

/** Warns of servers that were configured before approvals existed: all their tools wait now, even if they only read. */
export function waitingToolsCheck(servers: readonly WaitingTools[]): Check {
  return {
    name: 'tools that wait',
    async run() {
      const unstated = servers.filter(({ isStated }) => !isStated)
      if (unstated.length > 0)
        return trouble(
          'TOOLS_WAIT',
          `Nobody has said which tools of ${unstated.map(({ server }) => server).join(', ')} only read, so each call waits for its user: ${describeWaitingTools(unstated)}.`,
        )
      const waiting = servers.filter(({ tools }) => tools.length > 0)
      return waiting.length === 0
        ? 'No MCP tool waits for an approval.'
        : `Calls wait for their user’s approval: ${describeWaitingTools(waiting)}.`
    },
  }
}

/** The tools in words, such as `notes (add_note, delete_note)`. */
export function describeWaitingTools(servers: readonly WaitingTools[]): string {
  return servers.map(({ server, tools }) => `${server} (${tools.join(', ')})`).join(', ')
}
