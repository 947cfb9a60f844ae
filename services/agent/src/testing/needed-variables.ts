import { join } from 'node:path'
import { ids } from '@entra-agents/identity/testing/fixtures'

/** What the agent cannot do without: its identity, and an API to call, here that of an MCP server for notes. */
export const neededVariables = {
  TENANT_ID: ids.tenantId,
  BLUEPRINT_APP_ID: ids.blueprintAppId,
  AGENT_CLIENT_ID: ids.agentClientId,
  MCP_CONFIG: join(import.meta.dirname, 'mcp.json'),
}
