import type { ChatResponse, Instructions, Problem } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { ScriptedBedrock, stopEvents, textBlock } from '../../contract/bedrock/scripted-bedrock.ts'
import { vaultAppId } from '../../contract/mcp-client/mcp-stack.ts'
import { notesAppId, startNotesServer } from '../../contract/mcp-client/notes-server.ts'
import { ScriptedMcpServers, tool } from '../../contract/mcp-client/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startMcpStack } from './start-mcp-stack.ts'

const mcp = await forFile(startMcpStack())
const notes = await forFile(startNotesServer(mcp.stack.entraUrl))
const scripted = await forFile(new ScriptedMcpServers().start())
scripted.scripts['vault'] = { tools: [tool('open_vault')] }
const adaTc = await mcp.stack.signIn(identities.ada.oid)

/** The names of the tools that went to the model with its first call. */
function offeredTools({ trace }: ChatResponse): readonly string[] {
  const body = trace.find(({ kind }) => kind === 'model')?.request?.body as { tools: string[] } | undefined
  return body?.tools ?? []
}

describe('What the model is offered', () => {
  it('is what the configuration allows of each server, and nothing else from the server', async () => {
    await mcp.configure({
      notes: { url: notes.url, allowedTools: ['get_note', 'fail'] },
      'more-notes': { url: notes.url, allowedTools: ['get_note'] },
    })
    expect(offeredTools(await mcp.answerTo('Hello!'))).toEqual([
      'get_weather',
      'get_forecast',
      'notes__get_note',
      'notes__fail',
      'more-notes__get_note',
    ])
    const told = await mcp.get<Instructions>('/api/instructions?flow=autonomous')
    expect(told.tools.map(({ name, api, needs, held }) => [name, api, needs?.permission, held])).toEqual([
      ['get_weather', 'weather-api', 'Weather.Read.All', true],
      ['get_forecast', 'weather-api', 'Weather.Read.All', true],
      ['notes__get_note', 'notes', undefined, null],
      ['notes__fail', 'notes', undefined, null],
      ['more-notes__get_note', 'more-notes', undefined, null],
    ])
  })

  it('comes with descriptions, and with no instructions of the server', async () => {
    const bedrock = await new ScriptedBedrock().start()
    bedrock.play([...textBlock('Hello!'), ...stopEvents('end_turn')])
    await mcp.configure({ notes: { url: notes.url } }, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url })
    await mcp.answerTo('Hello!')
    await bedrock.close()
    const [prompt] = bedrock.requests
      .map(({ body }) => JSON.stringify(body))
      .filter(body => body.includes('Hello!'))
    expect(prompt).toContain('Reads the note about a topic.')
    expect(prompt).not.toContain('INSTRUCTIONS OF THE SERVER')
    expect(prompt).not.toContain('delete_notes')
  })

  it('comes from servers that /api/config lists as APIs and /api/status as components', async () => {
    await mcp.configure({ 'my-notes': { url: notes.url, allowedTools: ['fail'] } })
    expect(await mcp.get('/api/config')).toMatchObject({
      apis: [{ name: 'weather-api' }, { name: 'my-notes', title: 'my-notes MCP server', appId: notesAppId }],
    })
    await expect
      .poll(() => mcp.get('/api/status'))
      .toMatchObject({ components: { my_notes: { state: 'ready' } } })
  })

  it('includes the server’s own words about a failed call, so that the answer can repeat them', async () => {
    const reply = await mcp.answerTo('Use fail with topic Apollo')
    expect(reply.tools).toMatchObject([{ name: 'my-notes__fail', status: 'failed' }])
    expect(reply.answer).toContain('There is no note about Apollo.')
    expect(reply.trace.find(({ kind }) => kind === 'tool')?.problem).toMatchObject({
      code: 'MCP_TOOL_FAILED',
    })
    expect(await mcp.get('/api/status')).toMatchObject({ components: { my_notes: { state: 'ready' } } })
  })
})

it('A server whose address has a query gets the query with every request', async () => {
  const path = 'invocations?qualifier=DEFAULT'
  scripted.scripts[path] = { tools: [tool('get_hosted')] }
  await mcp.configure({ hosted: { url: `${scripted.url}/${path}`, allowedTools: ['get_hosted'] } })
  const { tools, trace } = await mcp.answerTo('Use get_hosted')
  expect(tools).toMatchObject([{ name: 'hosted__get_hosted', status: 'ok' }])
  expect(trace.find(({ kind }) => kind === 'api-call')?.request?.url).toBe(`${scripted.url}/${path}`)
  expect(scripted.callsOf(path)).toHaveLength(1)
})

describe('A tool that differs from its pinned hash', () => {
  it('is not offered, and a notice, the status and the log say why; other tools are still offered', async () => {
    const pinned = `sha256-${'0'.repeat(64)}`
    await mcp.configure({
      notes: { url: notes.url, allowedTools: ['get_note', 'fail'], pins: { get_note: pinned } },
    })
    const reply = await mcp.answerTo('Get note on topic Apollo')
    expect(offeredTools(reply)).not.toContain('notes__get_note')
    expect(offeredTools(reply)).toContain('notes__fail')
    const problem = { code: 'MCP_TOOL_CHANGED', hint: expect.stringContaining('get_note') }
    expect(reply.notices).toMatchObject([problem])
    expect(await mcp.get('/api/status')).toMatchObject({
      status: 'degraded',
      components: { notes: { state: 'ready', problem } },
    })
    const logged = mcp.stack.agentLog.map(line => JSON.parse(line)).filter(entry => entry.pinned === pinned)
    expect(logged).toEqual([
      expect.objectContaining({
        api: 'notes',
        tool: 'get_note',
        hash: expect.stringMatching(/^sha256-[0-9a-f]{64}$/),
      }),
    ])
  })

  it('is offered again once the hash from the log is pinned', async () => {
    const [hash] = mcp.stack.agentLog
      .map(line => JSON.parse(line))
      .flatMap(entry => (entry.tool === 'get_note' && entry.pinned ? [entry.hash] : []))
    await mcp.configure({ notes: { url: notes.url, pins: { get_note: hash } } })
    const reply = await mcp.answerTo('Get note on topic Apollo')
    expect(reply.tools).toMatchObject([{ name: 'notes__get_note', status: 'ok' }])
    expect(reply.notices).toEqual([])
  })
})

describe('A server for users only', () => {
  it('offers no tools to the agent itself, and is not even asked for its tools', async () => {
    await mcp.configure({ notes: { url: notes.url, flows: ['obo'] } })
    const before = notes.calls.length
    expect(offeredTools(await mcp.answerTo('Get note on topic Apollo'))).not.toContain('notes__get_note')
    expect(notes.calls.slice(before)).toEqual([])
    await expect
      .poll(() => mcp.get('/api/status'))
      .toMatchObject({ components: { sidecar: { state: 'ready' } } })
  })

  it('gets a request for its tools with the token of the turn’s user, and the trace shows this request', async () => {
    const before = notes.calls.length
    const reply = await mcp.answerTo('Get note on topic Apollo', adaTc)
    expect(reply.tools).toMatchObject([{ name: 'notes__get_note', status: 'ok' }])
    const bodies = reply.trace.filter(({ kind }) => kind === 'api-call').map(({ request }) => request?.body)
    expect(bodies).toEqual([{ method: 'tools/list' }, { method: 'tools/call', params: { name: 'get_note' } }])
    for (const { claims } of notes.calls.slice(before)) expect(claims['oid']).toBe(identities.ada.oid)
  })
})

it('A missing consent ends the turn with a problem when a tool is called, and never becomes text for the model', async () => {
  const vault = { downstreamApi: 'vault', appId: vaultAppId, allowedTools: ['open_vault'] }
  await mcp.configure({ vault: { url: `${scripted.url}/vault`, ...vault } })
  const response = await mcp.ask('Use open_vault', adaTc)
  expect(response.status).toBe(403)
  expect(await response.json()).toMatchObject({ code: 'CONSENT_REQUIRED' } satisfies Partial<Problem>)
  expect(scripted.callsOf('vault')).toEqual([])
})
