import { ScriptedMcpServers, tool } from '@entra-agents/mcp-tools/testing/scripted-servers'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startScriptedServer } from '../agent/scripted-server.ts'
import { McpStack } from './mcp-stack.ts'
import { startNotesServer } from './notes-server.ts'

const mcp = await forFile(McpStack.start())
const notes = await forFile(startNotesServer(mcp.stack.entraUrl))
const scripted = await forFile(new ScriptedMcpServers().start())
const adaTc = await mcp.stack.signIn(identities.ada.oid)

/** Asks, leaves as soon as `count` has risen by one, and resolves when the request has ended. */
async function leaveAtNext(count: () => number, message: string, token?: string): Promise<void> {
  const before = count()
  const controller = new AbortController()
  const asked = mcp.ask(message, token, { signal: controller.signal }).then(
    () => 'answered',
    () => 'left',
  )
  await expect.poll(count).toBe(before + 1)
  controller.abort()
  expect(await asked).toBe('left')
}

const flows = ['autonomous', 'obo'] as const

describe('When the user leaves during a call,', () => {
  it.each(flows)('the end of the stream ends the call in protocol 2026 (flow %s)', async flow => {
    await mcp.configure({ notes: { url: notes.url, allowedTools: ['wait'], protocol: '2026-07-28' } })
    const { cancelled } = notes.waiting
    const token = flow === 'obo' ? adaTc : undefined
    await leaveAtNext(() => notes.waiting.begun, 'Use wait with topic Apollo', token)
    await expect.poll(() => notes.waiting.cancelled).toBe(cancelled + 1)
  })

  it.each(flows)('a message with the call’s token ends the call in protocol 2025 (flow %s)', async flow => {
    await mcp.configure({ notes: { url: notes.url, allowedTools: ['wait'], protocol: '2025-11-25' } })
    const before = notes.calls.length
    const token = flow === 'obo' ? adaTc : undefined
    await leaveAtNext(() => notes.waiting.begun, 'Use wait with topic Apollo', token)
    const told = () => notes.calls.slice(before).filter(({ method }) => method === 'notifications/cancelled')
    await expect.poll(() => told().length).toBe(1)
    expect(told()[0]?.claims['oid']).toBe(flow === 'obo' ? identities.ada.oid : identities.agentId)
  })

  it('a session that was opened for the turn is ended', async () => {
    const sessions: string[] = []
    const ended: string[] = []
    scripted.scripts['sessions'] = {
      tools: [tool('stay')],
      onCall: (_, response) =>
        response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
      onRequest: ({ message, headers, method }, response) => {
        if (method === 'DELETE') {
          ended.push(String(headers['mcp-session-id']))
          response.writeHead(200).end()
        } else if (message?.method === 'initialize') {
          sessions.push(`session-${sessions.length + 1}`)
          response.setHeader('mcp-session-id', sessions.at(-1) ?? '')
        }
      },
    }
    await mcp.configure({ sessions: { url: `${scripted.url}/sessions`, allowedTools: ['stay'] } })
    await leaveAtNext(() => scripted.callsOf('sessions').length, 'Use stay', adaTc)
    const [call] = scripted.callsOf('sessions')
    await expect.poll(() => ended).toContain(call?.headers['mcp-session-id'])
    // Only the agent's own session is left. The session in which the user's tools were looked up has ended too.
    expect(sessions.filter(session => !ended.includes(session))).toEqual(['session-1'])
  })
})

it('When the user leaves while their token is obtained, the request to the sidecar ends and the server is never called', async () => {
  await using sidecar = await startScriptedServer(async ({ url = '' }, response) => {
    // This sidecar never answers a request for a token on behalf of a user.
    if (url.startsWith('/AuthorizationHeader/')) return
    const answer = await fetch(`${mcp.stack.sidecarUrl}${url}`)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await mcp.configure({ notes: { url: notes.url, protocol: '2026-07-28' } }, { SIDECAR_URL: sidecar.url })
  const before = notes.calls.filter(({ method }) => method === 'tools/call').length
  const asked = () => sidecar.requests.filter(({ url }) => url.startsWith('/AuthorizationHeader/')).length
  await leaveAtNext(asked, 'Get note on topic Apollo', adaTc)
  await expect.poll(() => sidecar.abandoned).toBe(1)
  expect(notes.calls.filter(({ method }) => method === 'tools/call')).toHaveLength(before)
})

it('When a user leaves while a server lists its tools for this user, the request for the list ends', async () => {
  const closed = Promise.withResolvers<void>()
  scripted.scripts['slow-list'] = {
    onList: (_, response) => {
      response.once('close', () => closed.resolve())
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    },
  }
  await mcp.configure({
    'slow-list': { url: `${scripted.url}/slow-list`, flows: ['obo'], allowedTools: ['x'] },
  })
  await leaveAtNext(() => scripted.requestsOf('slow-list', 'tools/list').length, 'Use x', adaTc)
  await closed.promise
})
