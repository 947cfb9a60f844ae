import type { ApiCaller } from '@entra-agents/identity/core'
import { agent } from '@entra-agents/identity/testing/fixtures'
import pino from 'pino'
import { expect, it, vi } from 'vitest'
import { notesServer } from './testing/notes-server.ts'
import { createMcpToolset } from './toolset.ts'

const made = vi.fn()
vi.mock('./client/client.ts', () => ({
  McpClient: class {
    close = async () => undefined
    constructor() {
      made()
      if (made.mock.calls.length === 1) throw new Error('The library cannot be loaded.')
    }
  },
}))

it('The library of MCP is loaded again after it could not be loaded, and only then', async () => {
  const server = notesServer({ api: { ...notesServer().api, flows: ['obo'] } })
  const logger = pino({ level: 'silent' })
  const { source } = createMcpToolset(server, { agents: [agent], apis: {} as ApiCaller, logger })
  for (const calls of [1, 2, 2]) {
    await source?.refresh()
    expect(made).toHaveBeenCalledTimes(calls)
  }
  await source?.close()
})
