import type { IncomingMessage } from 'node:http'
import { withToolContext } from '@entra-agents/approval'
import type { Permit } from '@entra-agents/identity'
import { agent, ids } from '@entra-agents/identity/testing/fixtures'
import {
  apiCallerOf,
  grantingSidecar,
  problemOf,
  startTestServer,
  stepsOf,
  turnOf,
} from '@entra-agents/identity/testing/stage'
import { beforeAll, describe, expect, it } from 'vitest'
import { notesServer } from './testing/notes-server.ts'
import { createMcpToolset } from './toolset.ts'

interface Message {
  readonly id?: number
  readonly method: string
  readonly params?: { readonly name?: string; readonly _meta?: Readonly<Record<string, unknown>> }
}

const idempotencyKeyMember = 'entra-bedrock-agent/idempotency-key'
const permit: Permit = { idempotencyKey: 'key-of-the-call', isIdempotent: false, mayHaveRun: false }
const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
const challenge = `Bearer realm="", error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`
const tools = ['get_note', 'write_note'].map(name => ({
  name,
  inputSchema: { type: 'object', properties: {} },
}))

// Loads the protocol's library first: otherwise its loading would count against the first look-up's time limit.
beforeAll(() => import('./client/client.ts'))

async function readMessage(request: IncomingMessage): Promise<Message | undefined> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString('utf8')) : undefined
}

function respondTo({ method }: Message, protocol: string): object | undefined {
  if (method === 'initialize')
    return {
      protocolVersion: protocol,
      capabilities: { tools: {} },
      serverInfo: { name: 'notes', version: '1' },
    }
  if (method === 'tools/list') return { tools }
  return method === 'tools/call' ? { content: [{ type: 'text', text: 'done' }] } : undefined
}

/** An MCP server with two tools, and the tools as a turn gets them. With `wantsMore` the server asks for a second factor. */
async function startNotesServer({ wantsMore = false }: { readonly wantsMore?: boolean } = {}) {
  const calls: Message[] = []
  const notes = await startTestServer(async (request, response) => {
    const message = await readMessage(request)
    if (message?.method === 'tools/call') calls.push(message)
    if (message?.method === 'tools/call' && wantsMore) {
      response.writeHead(401, { 'www-authenticate': challenge }).end()
      return
    }
    const result = message && respondTo(message, '2025-11-25')
    if (message?.id === undefined) response.writeHead(message ? 202 : 405).end()
    else
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ jsonrpc: '2.0', id: message.id, result }))
  })
  const sidecar = await startTestServer(grantingSidecar)
  const server = notesServer({
    api: { ...notesServer().api, url: `${notes.url}/mcp`, isOptional: true },
    allowedTools: ['get_note', 'write_note'],
    protocol: '2025-11-25',
    limits: { timeoutMs: 5_000, maxResultBytes: 10_000, maxResultCharacters: 1_000 },
  })
  const { caller, logger, lines } = apiCallerOf([server.api], sidecar.url)
  const toolset = createMcpToolset(server, { agents: [agent], apis: caller, logger })
  const turn = turnOf(ids.ada)
  const offered = await toolset.load(caller.for(turn))
  /** Calls a tool as a turn does. A permit makes it a call that a user has approved. */
  const call = (name: string, approved?: Permit) =>
    offered
      .find(({ tool }) => tool.name === name)
      ?.tool.invoke({}, withToolContext(caller.for(turn).under('step', approved)))
  return { calls, offered, call, lines, turn, sidecar, toolset }
}

describe('The tools of an MCP server', () => {
  it('carry a description of their change if their calls wait for approval', async () => {
    const { offered } = await startNotesServer()
    expect(offered).toMatchObject([
      { tool: { name: 'notes__get_note' }, api: { name: 'notes' }, change: undefined },
      {
        tool: { name: 'notes__write_note' },
        api: { name: 'notes' },
        change: { effect: 'change', title: 'Call write_note of notes', isIdempotent: false },
      },
    ])
  })

  it('are named in the log at the agent’s start, and marked in the status, if their calls wait for approval', async () => {
    const { lines, toolset } = await startNotesServer()
    const told = lines.filter(line => line.includes('wait for approval')).map(line => JSON.parse(line))
    expect(told).toMatchObject([{ api: 'notes', tools: ['write_note'] }])
    expect(toolset.source?.health().tools).toMatchObject([
      { name: 'get_note' },
      { name: 'write_note', waits: true },
    ])
    expect(toolset.source?.health().tools?.[0]).not.toHaveProperty('waits')
  })
})

describe('A tool that changes something', () => {
  it('is not called without a permit', async () => {
    const { call, calls } = await startNotesServer()
    await expect(call('notes__write_note')).rejects.toThrow('nothing permits it')
    expect(calls).toEqual([])
  })

  it('is called with the approved call’s idempotency key, which the trace does not show', async () => {
    const { call, calls, turn } = await startNotesServer()
    await call('notes__write_note', permit)
    expect(calls).toMatchObject([
      { params: { name: 'write_note', _meta: { [idempotencyKeyMember]: 'key-of-the-call' } } },
    ])
    expect(stepsOf(turn, 'api-call').at(-1)).toMatchObject({ status: 'ok' })
    expect(JSON.stringify(turn.trace.steps)).not.toContain('key-of-the-call')
  })

  it('causes a step-up if the server asks for a second factor, and fails if the server asks again', async () => {
    const { call, calls, sidecar } = await startNotesServer({ wantsMore: true })
    await expect(call('notes__write_note', permit)).rejects.toMatchObject({
      code: 'STEP_UP_REQUIRED',
      options: { upstream: { service: 'notes', status: 401 }, extensions: { claimsChallenge: claims } },
    })
    await expect(call('notes__write_note', { ...permit, claims })).rejects.toEqual(
      problemOf('STEP_UP_NOT_CARRIED'),
    )
    expect(calls).toHaveLength(2)
    const asked = sidecar.requests.map(({ target }) => new URL(target, 'http://sidecar').searchParams)
    expect(asked.at(-1)?.get('optionsOverride.AcquireTokenOptions.Claims')).toBe(claims)
  })
})

describe('A tool that only reads', () => {
  it('is called without a permit and without an idempotency key', async () => {
    const { call, calls } = await startNotesServer()
    await call('notes__get_note')
    expect(calls).toMatchObject([{ params: { name: 'get_note' } }])
    expect(calls[0]?.params?._meta).toBeUndefined()
  })

  it('fails with CONDITIONAL_ACCESS_REQUIRED if the server asks for a second factor', async () => {
    const { call } = await startNotesServer({ wantsMore: true })
    await expect(call('notes__get_note')).rejects.toEqual(problemOf('CONDITIONAL_ACCESS_REQUIRED'))
  })
})
