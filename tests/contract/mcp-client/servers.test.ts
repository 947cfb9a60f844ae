import { type Script, ScriptedMcpServers, tool } from '@entra-agents/mcp-tools/testing/scripted-servers'
import type { Instructions, Status } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { ScriptedBedrock, stopEvents, textBlock } from '../bedrock/scripted-bedrock.ts'
import { McpStack, vaultAppId } from './mcp-stack.ts'
import { notesAppId, startNotesServer } from './notes-server.ts'

const scripts: Record<string, Script> = {
  vault: { tools: [tool('open_vault')] },
  orphan: { tools: [tool('weep')] },
  partial: { tools: [tool('there')] },
}
const mcp = await forFile(McpStack.start())
const notes = await forFile(startNotesServer(mcp.stack.entraUrl))
const servers = await forFile(new ScriptedMcpServers().start())
Object.assign(servers.scripts, scripts)
const scripted = (name: string, allowedTools: readonly string[], more: object = {}) => ({
  [name]: { url: `${servers.url}/${name}`, allowedTools, protocol: '2025-11-25', ...more },
})
await mcp.configure({
  notes: { url: notes.url, allowedTools: ['get_note', 'fail'] },
  'more-notes': { url: notes.url },
  ...scripted('vault', ['open_vault'], { downstreamApi: 'vault', appId: vaultAppId, flows: ['obo'] }),
  ...scripted('orphan', ['weep'], { downstreamApi: 'nobody' }),
  ...scripted('partial', ['there', 'gone', 'lost']),
  nowhere: { url: 'http://localhost:9/mcp' },
})
const adaTc = await mcp.stack.signIn(identities.ada.oid)
const statusOf = async (name: string) => (await mcp.get<Status>('/api/status')).components[name]

describe('An agent with MCP servers', () => {
  it('offers the model what the configuration allows of each server, and reports what is missing', async () => {
    const { trace, notices } = await mcp.answerTo('Hello!')
    const ofNotes = ['notes__get_note', 'notes__fail', 'more-notes__get_note']
    const offered = [...ofNotes, 'partial__there']
    expect(trace.find(({ kind }) => kind === 'model')?.request?.body).toMatchObject({ tools: offered })
    expect(notices.map(({ detail }) => detail).sort()).toEqual([
      '2 of 3 allowed tools of the partial MCP server are not offered: gone (the server does not list it), lost (the server does not list it).',
      'No tool of the nowhere MCP server is offered: The nowhere MCP server cannot be reached, or does not speak the protocol.',
      'No tool of the orphan MCP server is offered: The sidecar has no scope for “nobodyApp”.',
    ])
    const { tools } = await mcp.get<Instructions>('/api/instructions?flow=autonomous')
    expect(tools.map(({ name }) => name)).toEqual(offered)
    expect(tools[0]).toMatchObject({ api: 'notes', held: null })
  })

  it('lists the servers as APIs and as components of its status, which the others do not degrade', async () => {
    const { apis } = await mcp.get<{ apis: readonly { name: string }[] }>('/api/config')
    expect(apis).toContainEqual(
      expect.objectContaining({ name: 'more-notes', title: 'more-notes MCP server', appId: notesAppId }),
    )
    expect(await mcp.get('/api/status')).toMatchObject({
      status: 'degraded',
      flows: { autonomous: { state: 'ready' } },
      components: {
        sidecar: { state: 'ready' },
        more_notes: { state: 'ready' },
        orphan: { state: 'unavailable', problem: { code: 'SIDECAR_MISCONFIGURED' } },
        partial: { state: 'ready', tools: [{}, { name: 'gone', state: 'unavailable' }, { name: 'lost' }] },
        nowhere: { state: 'unavailable', problem: { code: 'MCP_SERVER_UNREACHABLE' } },
      },
    })
  })

  it('answers a user without consent for a server, and says that its tools are missing, and why', async () => {
    // On a busy machine the first look-up may take too long for its turn.
    await expect
      .poll(async () => (await mcp.answerTo('Hello!', adaTc)).notices)
      .toContainEqual(
        expect.objectContaining({
          code: 'MCP_TOOLS_MISSING',
          upstream: expect.objectContaining({ service: 'vault', code: 'CONSENT_REQUIRED' }),
          hint: expect.stringContaining('grant'),
        }),
      )
    expect(await statusOf('vault')).toMatchObject({ state: 'unknown' })
  })
})

it('The model reads the descriptions of allowed tools, and no instructions of a server', async () => {
  const bedrock = await forFile(new ScriptedBedrock().start())
  bedrock.play([...textBlock('Hello!'), ...stopEvents('end_turn')])
  await mcp.configure({ notes: { url: notes.url } }, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: bedrock.url })
  await mcp.answerTo('Hello!')
  const prompt = JSON.stringify(bedrock.requests.map(({ body }) => body))
  expect(prompt).toContain('Reads the note about a topic.')
  expect(prompt).not.toContain('INSTRUCTIONS OF THE SERVER')
  expect(prompt).not.toContain('delete_notes')
})
