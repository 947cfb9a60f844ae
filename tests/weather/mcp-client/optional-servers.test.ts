import type { ServerResponse } from 'node:http'
import type { ChatResponse, Status } from '@entra-agents/trace'
import { decodeJwt } from 'jose'
import { beforeEach, describe, expect, it } from 'vitest'
import { vaultAppId } from '../../contract/mcp-client/mcp-stack.ts'
import { type ReceivedRequest, ScriptedMcpServers, tool } from '../../contract/mcp-client/scripted-server.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startMcpStack } from './start-mcp-stack.ts'

const mcp = await forFile(startMcpStack())
const servers = await forFile(new ScriptedMcpServers().start())
const adaTc = await mcp.stack.signIn(identities.ada.oid)
const benTc = await mcp.stack.signIn(identities.ben.oid)
beforeEach(() => void servers.received.splice(0))

const vaultEntry = { downstreamApi: 'vault', appId: vaultAppId, allowedTools: ['open_vault'], flows: ['obo'] }
const missingNotice = (server: string, code: string) => ({
  code: 'MCP_TOOLS_MISSING',
  upstream: { service: server, code },
})
const listRequests = (path: string) =>
  servers.received.filter(one => one.path === path && one.message?.method === 'tools/list')
const claimsOf = ({ headers: { authorization = '' } }: ReceivedRequest) =>
  decodeJwt(authorization.replace(/^Bearer /, ''))

function offeredTools({ trace }: ChatResponse): readonly string[] {
  const body = trace.find(({ kind }) => kind === 'model')?.request?.body as { tools: string[] } | undefined
  return body?.tools.filter(name => name.includes('__')) ?? []
}

/**
 * The first answer of a fresh agent that got the vault’s tools in time. On a busy machine, the look-up can take too long;
 * another fresh agent is then asked.
 */
async function firstAnswerInTime(message: string, token: string): Promise<ChatResponse> {
  for (;;) {
    await mcp.configure({ vault: { url: `${servers.url}/vault`, ...vaultEntry } })
    const reply = await mcp.answerTo(message, token)
    const tooLate = missingNotice('vault', 'MCP_SERVER_UNREACHABLE').upstream
    if (!reply.notices.some(({ upstream }) => upstream?.code === tooLate.code)) return reply
  }
}

const componentOf = async (name: string) => (await mcp.get<Status>('/api/status')).components[name]

describe('A turn that does not use an MCP server', () => {
  it('is answered if the user has no consent for the server, and a notice says that tools are missing, and why', async () => {
    servers.scripts['vault'] = { tools: [tool('open_vault')] }
    const { answer, notices, trace } = await firstAnswerInTime('What is the weather in Oslo?', adaTc)
    expect(answer).toContain('Oslo')
    expect(notices).toMatchObject([
      { ...missingNotice('vault', 'CONSENT_REQUIRED'), hint: expect.stringContaining('grant') },
    ])
    // The token request is in the trace, like any other.
    expect(trace.find(({ status }) => status === 'failed')).toMatchObject({
      kind: 'token-request',
      problem: { code: 'CONSENT_REQUIRED' },
    })
    expect(await mcp.get('/api/status')).toMatchObject({
      components: { sidecar: { state: 'ready' }, vault: { state: 'unknown' } },
    })
  })

  it('does not wait for a server that is slow to list its tools; a later turn has these tools', async () => {
    const held: ServerResponse[] = []
    servers.scripts['slow'] = {
      answer: ({ message }, response) => {
        if (message?.method !== 'tools/list') return undefined
        held.push(response)
        response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
        return undefined
      },
    }
    await mcp.configure({
      slow: { url: `${servers.url}/slow`, allowedTools: ['crawl'], protocol: '2025-11-25', flows: ['obo'] },
    })
    const reply = await mcp.answerTo('What is the weather in Oslo?', adaTc)
    expect(reply.answer).toContain('Oslo')
    expect(reply.notices).toMatchObject([missingNotice('slow', 'MCP_SERVER_UNREACHABLE')])
    expect(reply.trace.filter(({ status }) => status === 'running')).toEqual([])
    expect(held).toHaveLength(1)
    const { message } = listRequests('slow')[0] ?? {}
    const list = { jsonrpc: '2.0', id: message?.id, result: { tools: [tool('crawl')] } }
    held[0]?.end(JSON.stringify(list))
    await expect.poll(() => componentOf('slow')).toMatchObject({ state: 'ready' })
    expect(offeredTools(await mcp.answerTo('Hello!', adaTc))).toEqual(['slow__crawl'])
    expect(listRequests('slow')).toHaveLength(1)
  })
})

describe('A list of tools', () => {
  it('has the tools that the server offers the turn’s user or, in a turn without a user, the agent', async () => {
    servers.scripts['personal'] = {
      answer: received => {
        if (received.message?.method !== 'tools/list') return undefined
        const { oid } = claimsOf(received)
        const own = oid === identities.ada.oid ? ['ada'] : oid === identities.ben.oid ? ['ben'] : []
        return { tools: ['everybody', ...own].map(name => tool(name)) }
      },
    }
    const allowedTools = ['everybody', 'ada', 'ben']
    await mcp.configure({ personal: { url: `${servers.url}/personal`, allowedTools } })
    for (const [token, more] of [
      [undefined, []],
      [adaTc, ['personal__ada']],
      [benTc, ['personal__ben']],
      [undefined, []],
      [adaTc, ['personal__ada']],
    ] as const) {
      const offered = offeredTools(await mcp.answerTo('Hello!', token))
      expect(offered).toEqual(['personal__everybody', ...more])
    }
  })

  it('of many pages is read until every allowed tool is found', async () => {
    servers.scripts['book'] = {
      answer: ({ message }) => {
        if (message?.method !== 'tools/list') return undefined
        const page = Number(message.params?.cursor ?? 1)
        return { tools: [tool(`page_${page}`)], nextCursor: String(page + 1) }
      },
    }
    await mcp.configure({ book: { url: `${servers.url}/book`, allowedTools: ['page_9'] } })
    await expect.poll(() => componentOf('book')).toMatchObject({ state: 'ready' })
    expect(offeredTools(await mcp.answerTo('Hello!'))).toEqual(['book__page_9'])
    expect(listRequests('book')).toHaveLength(9)
    expect((await componentOf('book'))?.problem).toBeUndefined()
  })
})

describe('The status', () => {
  it('says that the sidecar has no entry for a server, but that sidecar and flow are ready', async () => {
    servers.scripts['orphan'] = { tools: [tool('weep')] }
    await mcp.configure({
      orphan: { url: `${servers.url}/orphan`, downstreamApi: 'nobody', allowedTools: ['weep'] },
    })
    await expect
      .poll(() => componentOf('orphan'))
      .toMatchObject({
        state: 'unavailable',
        problem: { code: 'SIDECAR_MISCONFIGURED' },
      })
    await mcp.answerTo('What is the weather in Oslo?')
    expect(await mcp.get('/api/status')).toMatchObject({
      components: { sidecar: { state: 'ready' } },
      flows: { autonomous: { state: 'ready' } },
    })
  })

  it('says that a forbidden tool is not available, but that the tool’s server is ready', async () => {
    servers.scripts['guarded'] = {
      tools: [tool('enter'), tool('look')],
      answer: ({ message }, response) => {
        if (message?.params?.name !== 'enter') return undefined
        response.writeHead(403, { 'www-authenticate': 'Bearer error="insufficient_scope"' }).end()
        return undefined
      },
    }
    await mcp.configure({ guarded: { url: `${servers.url}/guarded`, allowedTools: ['enter', 'look'] } })
    await expect.poll(() => componentOf('guarded')).toMatchObject({ state: 'ready' })
    expect(await (await mcp.ask('Use enter')).json()).toMatchObject({ code: 'API_FORBIDDEN' })
    await mcp.answerTo('Use look')
    const component = await componentOf('guarded')
    expect(component).toMatchObject({
      state: 'ready',
      tools: [
        { name: 'enter', state: 'unavailable', problem: { code: 'API_FORBIDDEN' } },
        { name: 'look', state: 'ready' },
      ],
    })
    expect(component?.problem).toBeUndefined()
  })

  it('says how many of the allowed tools are not offered, and a turn’s notice says the same', async () => {
    servers.scripts['partial'] = { tools: [tool('there')] }
    const allowedTools = ['there', 'gone', 'lost']
    await mcp.configure({ partial: { url: `${servers.url}/partial`, allowedTools } })
    const detail = expect.stringContaining('2 of 3 allowed tools of the partial MCP server are not offered')
    await expect
      .poll(() => componentOf('partial'))
      .toMatchObject({
        state: 'ready',
        problem: { code: 'MCP_TOOLS_MISSING', detail },
        tools: [{ name: 'there' }, { name: 'gone', state: 'unavailable' }, { name: 'lost' }],
      })
    expect((await mcp.answerTo('Hello!')).notices).toMatchObject([{ code: 'MCP_TOOLS_MISSING', detail }])
  })
})
