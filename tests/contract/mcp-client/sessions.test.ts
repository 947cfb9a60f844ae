import { beforeEach, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { McpStack } from './mcp-stack.ts'
import { ScriptedMcpServers, tool } from './scripted-server.ts'

const mcp = await forFile(McpStack.start())
const servers = await forFile(new ScriptedMcpServers().start())
/** The ids of the server's open sessions. */
const known = new Set<string>()
let opened = 0
beforeEach(async () => {
  known.clear()
  opened = 0
  servers.scripts['sessions'] = {
    tools: [tool('count')],
    answer: ({ message, headers, method }, response) => {
      const session = headers['mcp-session-id']?.toString() ?? ''
      if (message?.method === 'initialize') {
        opened += 1
        known.add(`session-${opened}`)
        response.setHeader('mcp-session-id', `session-${opened}`)
      } else if (message?.method !== 'server/discover' && !known.has(session)) {
        response.writeHead(404).end()
      } else if (method === 'DELETE') {
        known.delete(session)
        response.writeHead(200).end()
      }
      return undefined
    },
  }
  await mcp.configure({ sessions: { url: `${servers.url}/sessions`, allowedTools: ['count'] } })
})

const askForCount = () => mcp.answerTo('Use count')

describe('The agent’s own session with a server of 2025', () => {
  it('is shared by all turns of the agent as itself, and ends with the agent', async () => {
    await askForCount()
    await askForCount()
    expect(opened).toBe(1)
    expect([...known]).toEqual(['session-1'])
    await mcp.stack.stop('agent')
    expect([...known]).toEqual([])
  })

  it('is given up when the server forgets each session at once', async () => {
    await askForCount()
    const { answer } = servers.scripts['sessions'] ?? {}
    servers.scripts['sessions'] = {
      tools: [tool('count')],
      answer: (received, response) => {
        if (received.message?.method === 'tools/call') known.clear()
        return answer?.(received, response)
      },
    }
    const { tools } = await askForCount()
    expect(tools).toMatchObject([{ name: 'sessions__count', status: 'failed' }])
    expect(opened).toBe(2)
  })
})
