import type { DownstreamApi } from '@entra-agents/identity/core'
import { ordersApi } from '@entra-agents/identity/testing/fixtures'
import type { McpServer } from '../config.ts'

export interface NotesChanges extends Omit<Partial<McpServer>, 'api'> {
  readonly api?: Partial<DownstreamApi>
}

/** A configured server with one tool, which only reads. */
export function notesServer({ api, ...changes }: NotesChanges = {}): McpServer {
  return {
    api: { ...ordersApi, name: 'notes', title: 'notes MCP server', permissions: undefined, ...api },
    allowedTools: ['get_note'],
    readOnlyTools: ['get_note'],
    unattendedTools: [],
    toolScopes: {},
    keepsIdempotencyKeys: false,
    pins: {},
    protocol: 'auto',
    limits: { timeoutMs: 5_000, maxResultBytes: 100_000, maxResultCharacters: 1_000 },
    ...changes,
  }
}
