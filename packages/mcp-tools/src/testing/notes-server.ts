import { ordersApi } from '@entra-agents/identity/testing/fixtures'
import type { McpServer } from '../config.ts'

/** A configured server with one tool, which only reads. */
export function notesServer(changes: Partial<McpServer> = {}): McpServer {
  return {
    api: { ...ordersApi, name: 'notes', title: 'notes MCP server' },
    allowedTools: ['get_note'],
    readOnlyTools: ['get_note'],
    unattendedTools: [],
    keepsIdempotencyKeys: false,
    pins: {},
    protocol: 'auto',
    limits: { timeoutMs: 1_000, maxResultBytes: 1_024, maxResultCharacters: 1_000 },
    ...changes,
  }
}
