import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { identities } from '../../support/identities.ts'
import { startScriptedServer } from '../agent/scripted-server.ts'
import { McpStack } from './mcp-stack.ts'
import { type NotesServer, startNotesServer } from './notes-server.ts'
import { ScriptedMcpServers, tool } from './scripted-server.ts'

let mcp: McpStack
let notes: NotesServer
let scripted: ScriptedMcpServers
let ada: string
beforeAll(async () => {
  mcp = await McpStack.start()
  notes = await startNotesServer(mcp.stack.entraUrl)
  scripted = await new ScriptedMcpServers().start()
  ada = await mcp.stack.signIn(identities.ada.oid)
})
afterAll(async () => {
  await mcp[Symbol.asyncDispose]()
  await notes.close()
  await scripted.close()
})

/** Asks, waits for something to happen, and leaves; resolves when the agent has noticed. */
async function leaveOnce(happened: () => void, message: string, token?: string): Promise<void> {
  const controller = new AbortController()
  const asked = mcp.ask(message, token, controller.signal).then(
    () => 'answered',
    () => 'left',
  )
  await vi.waitFor(happened)
  controller.abort()
  expect(await asked).toBe('left')
}

const flows = ['autonomous', 'obo'] as const

describe('When the user leaves during a call,', () => {
  it.each(flows)('a server of 2026 is told by the end of the stream, in the %s flow', async flow => {
    await mcp.configure({ notes: { url: notes.url, allowedTools: ['wait'], protocol: '2026-07-28' } })
    const { begun, cancelled } = notes.waiting
    const token = flow === 'obo' ? ada : undefined
    await leaveOnce(() => expect(notes.waiting.begun).toBe(begun + 1), 'Use wait with topic Apollo', token)
    await vi.waitFor(() => expect(notes.waiting.cancelled).toBe(cancelled + 1))
  })

  it.each(flows)('a server of 2025 is told by a message of the same caller, in the %s flow', async flow => {
    await mcp.configure({ notes: { url: notes.url, allowedTools: ['wait'], protocol: '2025-11-25' } })
    const { begun } = notes.waiting
    const before = notes.calls.length
    const token = flow === 'obo' ? ada : undefined
    await leaveOnce(() => expect(notes.waiting.begun).toBe(begun + 1), 'Use wait with topic Apollo', token)
    const told = await vi.waitFor(() => {
      const found = notes.calls.slice(before).filter(({ method }) => method === 'notifications/cancelled')
      expect(found).toHaveLength(1)
      return found[0]
    })
    expect(told?.claims['oid']).toBe(flow === 'obo' ? identities.ada.oid : identities.agentId)
  })

  it('a session that was opened for the turn is ended', async () => {
    const sessions: string[] = []
    const ended: string[] = []
    scripted.scripts['sessions'] = {
      tools: [tool('stay')],
      answer: ({ message, headers, method }, response) => {
        const session = headers['mcp-session-id']?.toString() ?? ''
        if (method === 'DELETE') {
          ended.push(session)
          response.writeHead(200).end()
        } else if (message?.method === 'initialize') {
          sessions.push(`session-${sessions.length + 1}`)
          response.setHeader('mcp-session-id', sessions.at(-1) ?? '')
        } else if (message?.method === 'tools/call') {
          response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
        }
        return undefined
      },
    }
    await mcp.configure({ sessions: { url: `${scripted.url}/sessions`, allowedTools: ['stay'] } })
    await leaveOnce(() => expect(scripted.callsOf('sessions')).toHaveLength(1), 'Use stay', ada)
    await vi.waitFor(() => expect(ended).toEqual(['session-2']))
    expect(scripted.callsOf('sessions')[0]?.headers['mcp-session-id']).toBe('session-2')
  })
})

it('When the user leaves while their token is obtained, the request to the sidecar ends and the server is never called', async () => {
  await using sidecar = await startScriptedServer(async ({ url = '' }, response) => {
    // On behalf of a user it never answers.
    if (url.startsWith('/AuthorizationHeader/')) return
    const answer = await fetch(`${mcp.stack.sidecarUrl}${url}`)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
  })
  await mcp.configure({ notes: { url: notes.url, protocol: '2026-07-28' } }, { SIDECAR_URL: sidecar.url })
  const before = notes.calls.filter(({ method }) => method === 'tools/call').length
  const asked = () =>
    expect(sidecar.requests.filter(({ url }) => url.startsWith('/AuthorizationHeader/'))).toHaveLength(1)
  await leaveOnce(asked, 'Get note on topic Apollo', ada)
  await vi.waitFor(() => expect(sidecar.abandoned).toBe(1))
  expect(notes.calls.filter(({ method }) => method === 'tools/call')).toHaveLength(before)
})

it('When the user leaves while the tools are listed for them, the request ends', async () => {
  const closed = Promise.withResolvers<void>()
  scripted.scripts['slow-list'] = {
    answer: ({ message }, response) => {
      if (message?.method !== 'tools/list') return undefined
      response.once('close', () => closed.resolve())
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      return undefined
    },
  }
  await mcp.configure({
    'slow-list': { url: `${scripted.url}/slow-list`, flows: ['obo'], allowedTools: ['x'] },
  })
  const asked = () =>
    expect(
      scripted.received.filter(
        ({ path, message }) => path === 'slow-list' && message?.method === 'tools/list',
      ),
    ).toHaveLength(1)
  await leaveOnce(asked, 'Use x', ada)
  await closed.promise
})
