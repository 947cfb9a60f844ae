import { type Script, ScriptedMcpServers, tool } from '@entra-agents/mcp-tools/testing/scripted-servers'
import type { ChatResponse, PausedResponse } from '@entra-agents/trace'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { McpStack } from './mcp-stack.ts'

const metaKey = 'entra-bedrock-agent/idempotency-key'
const topicInput = { inputSchema: { type: 'object', properties: { topic: { type: 'string' } } } }
const question = 'Use write_note with topic “Apollo”'

const mcp = await forFile(McpStack.start())
const servers = await forFile(new ScriptedMcpServers().start())
scriptServer()
await configure()
const adaTc = await mcp.stack.signIn(identities.ada.oid)
beforeEach(() => {
  scriptServer()
  servers.received.splice(0)
})

/** Makes the server behave like this from now on. */
function scriptServer(change: Script = {}): void {
  servers.scripts['desk'] = {
    tools: [tool('read_note', topicInput), tool('write_note', topicInput)],
    ...change,
  }
}

/** Configures the agent with this change to the server's entry. */
function configure(change: object = {}, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  const tools = { allowedTools: ['read_note', 'write_note'], readOnlyTools: ['read_note'] }
  const desk = { url: `${servers.url}/desk`, protocol: '2025-11-25', ...tools, ...change }
  return mcp.configure({ desk }, environment)
}

const callParams = () => servers.callsOf('desk').map(({ message }) => message?.params)

async function approve(pause: PausedResponse): Promise<ChatResponse & PausedResponse> {
  return (await mcp.decide(pause, 'approve', adaTc)).json() as Promise<ChatResponse & PausedResponse>
}

describe('A tool that changes something', () => {
  it('waits for the user, who is shown the call, and is called once and exactly as shown when the user approves', async () => {
    const pause = await mcp.pauseOf(question, adaTc)
    expect(pause).toMatchObject({
      kind: 'approval',
      calls: [
        {
          tool: 'desk__write_note',
          title: 'Call write_note of desk',
          api: 'desk',
          effect: 'change',
          arguments: { topic: 'Apollo' },
        },
      ],
    })
    expect(callParams()).toEqual([])
    const reply = await approve(pause)
    expect(reply.tools).toEqual([{ name: 'desk__write_note', arguments: { topic: 'Apollo' }, status: 'ok' }])
    expect(await approve(pause)).toMatchObject({ code: 'APPROVAL_USED' })
    const [call, ...others] = callParams()
    expect(others).toEqual([])
    expect(call).toMatchObject({
      name: 'write_note',
      arguments: { topic: 'Apollo' },
      _meta: { [metaKey]: expect.stringMatching(/^[\w-]{1,64}$/) },
    })
    const key = String(call?._meta?.[metaKey])
    expect(JSON.stringify([reply, mcp.stack.agentLog])).not.toContain(key)
  })

  it('is not called if the server has changed it meanwhile', async () => {
    const pause = await mcp.pauseOf(question, adaTc)
    const changed = { ...topicInput, description: 'Writes a note, and sends it to everybody.' }
    scriptServer({ tools: [tool('write_note', changed)] })
    expect(await approve(pause)).toMatchObject({ code: 'APPROVAL_CHANGED' })
    expect(callParams()).toEqual([])
    await configure()
  })

  it('is not shown to the user if the agent’s token lacks its scope, which the model and the audit log learn', async () => {
    await configure({ toolScopes: { write_note: 'Notes.Write' } }, { CONSENT_FROM_TURNS: 'never' })
    const { tools, notices, trace } = await mcp.answerTo(question, adaTc)
    expect(tools).toMatchObject([{ name: 'desk__write_note', status: 'failed' }])
    const needs = { api: 'desk', permission: 'Notes.Write', kind: 'scope' }
    expect(notices).toMatchObject([{ code: 'API_FORBIDDEN', needs }])
    const call = trace.find(({ kind }) => kind === 'tool')
    expect(call).toMatchObject({ status: 'failed', problem: { code: 'API_FORBIDDEN', needs } })
    const below = trace.filter(({ parentId, from }) => parentId === call?.id && from !== 'entra')
    expect(below.map(({ kind, status }) => `${kind} ${status}`)).toContain('token ok')
    expect(below.map(({ kind }) => kind)).not.toContain('api-call')
    const refused = mcp.stack.agentLog.filter(line => line.includes('"tool-refused"'))
    expect(refused.map(line => JSON.parse(line))).toMatchObject([{ tool: 'desk__write_note', needs }])
    expect(callParams()).toEqual([])
    await configure({ toolScopes: { write_note: 'Notes.Read' } })
    expect(await mcp.pauseOf(question, adaTc)).toMatchObject({ kind: 'approval' })
  })

  it.each([
    [1, 'keeps no idempotency keys', false],
    [2, 'keeps idempotency keys', true],
  ])(
    'is called %d times by one approval that is sent again after a broken connection if the server %s',
    async (times, _which, keepsIdempotencyKeys) => {
      await configure({ keepsIdempotencyKeys })
      const pause = await mcp.pauseOf(question, adaTc)
      const client = new AbortController()
      scriptServer({ onCall: () => client.abort() })
      await expect(mcp.decide(pause, 'approve', adaTc, { signal: client.signal })).rejects.toThrow()
      await vi.waitFor(() => expect(mcp.stack.agentLog.at(-1)).toContain('"ABANDONED"'))
      expect(await approve(pause)).toMatchObject(
        times === 1 ? { code: 'APPROVAL_USED' } : { tools: [{ status: 'ok' }] },
      )
      expect(callParams()).toHaveLength(times)
    },
  )

  it('is offered to the agent without a user only if the configuration says so, and is then called at once', async () => {
    const { trace } = await mcp.answerTo(question)
    expect(trace.find(({ kind }) => kind === 'model')?.request?.body).toMatchObject({
      tools: ['desk__read_note'],
    })
    expect(callParams()).not.toContainEqual(expect.objectContaining({ name: 'write_note' }))
    servers.received.splice(0)
    await configure({ unattendedTools: ['write_note'] })
    expect((await mcp.answerTo(question)).tools).toMatchObject([{ name: 'desk__write_note', status: 'ok' }])
    expect(callParams()).toMatchObject([{ name: 'write_note', _meta: { [metaKey]: expect.any(String) } }])
    expect(await mcp.pauseOf(question, adaTc)).toMatchObject({ kind: 'approval' })
  })
})
