import { beforeEach, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { McpStack } from './mcp-stack.ts'
import { ScriptedMcpServers, tool } from './scripted-server.ts'

const mcp = await forFile(McpStack.start())
const servers = await forFile(new ScriptedMcpServers().start())
const openSessions = new Set<string>()
let openedCount = 0
beforeEach(async () => {
  openSessions.clear()
  openedCount = 0
  servers.scripts['sessions'] = {
    tools: [tool('count')],
    answer: ({ message, headers, method }, response) => {
      const session = headers['mcp-session-id']?.toString() ?? ''
      if (message?.method === 'initialize') {
        openedCount += 1
        openSessions.add(`session-${openedCount}`)
        response.setHeader('mcp-session-id', `session-${openedCount}`)
      } else if (message?.method !== 'server/discover' && !openSessions.has(session)) {
        response.writeHead(404).end()
      } else if (method === 'DELETE') {
        openSessions.delete(session)
        response.writeHead(200).end()
      }
      return undefined
    },
  }
  await mcp.configure({ sessions: { url: `${servers.url}/sessions`, allowedTools: ['count'] } })
})

const askForCount = () => mcp.answerTo('Use count')

describe('The agent’s own session with a server of protocol revision 2025-11-25', () => {
  it('is shared by all turns of the agent as itself, and ends with the agent', async () => {
    await askForCount()
    await askForCount()
    expect(openedCount).toBe(1)
    expect([...openSessions]).toEqual(['session-1'])
    await mcp.stack.stop('agent')
    expect([...openSessions]).toEqual([])
  })

  it('is replaced once when the server forgets it; if the server forgets the new session too, the call fails', async () => {
    await askForCount()
    const { answer } = servers.scripts['sessions'] ?? {}
    servers.scripts['sessions'] = {
      tools: [tool('count')],
      answer: (received, response) => {
        if (received.message?.method === 'tools/call') openSessions.clear()
        return answer?.(received, response)
      },
    }
    const { tools } = await askForCount()
    expect(tools).toMatchObject([{ name: 'sessions__count', status: 'failed' }])
    expect(openedCount).toBe(2)
  })
})
