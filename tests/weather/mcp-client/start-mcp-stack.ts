import { McpStack } from '../../contract/mcp-client/mcp-stack.ts'
import { Stack } from '../support/stack.ts'

/** Starts what an agent with MCP servers needs, the weather API included. */
export function startMcpStack(): Promise<McpStack<Stack>> {
  return McpStack.startWith(registered => Stack.start(registered, ['entra', 'sidecar', 'weather']))
}
