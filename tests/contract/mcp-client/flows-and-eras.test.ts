import { beforeAll, describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { McpStack } from './mcp-stack.ts'
import { notesAppId, startNotesServer } from './notes-server.ts'

const mcp = await forFile(McpStack.start())
const notes = await forFile(startNotesServer(mcp.stack.entraUrl))
const adaTc = await mcp.stack.signIn(identities.ada.oid)

describe.each(['2026-07-28', '2025-11-25'] as const)('an MCP server that speaks revision %s', protocol => {
  beforeAll(() => mcp.configure({ notes: { url: notes.url, protocol } }))

  it.each(['autonomous', 'obo'] as const)('is called in the %s flow with a token for itself', async flow => {
    const before = notes.calls.length
    const subject = flow === 'obo' ? identities.ada.oid : identities.agentId
    const { answer, tools, trace, notices } = await mcp.answerTo(
      'Get note on topic Apollo',
      flow === 'obo' ? adaTc : undefined,
    )
    expect(answer).toContain('Apollo is due on Friday')
    expect(answer).toContain(subject)
    expect(notices).toEqual([])
    expect(tools).toEqual([{ name: 'notes__get_note', arguments: { topic: 'Apollo' }, status: 'ok' }])

    const calls = notes.calls.slice(before).filter(({ method }) => method === 'tools/call')
    expect(calls).toMatchObject([
      { protocol, claims: { aud: notesAppId, azp: identities.agentId, oid: subject } },
    ])

    const tool = trace.find(({ kind }) => kind === 'tool')
    const ofTool = trace.filter(({ parentId }) => parentId === tool?.id)
    expect(ofTool.map(({ kind }) => kind)).toEqual(['token-request', 'token', 'api-call'])
    expect(ofTool[0]?.ahead, 'the token is asked for while the model writes the arguments').toBe(true)
    const token = ofTool.find(({ kind }) => kind === 'token')?.token
    expect(token?.claims).toMatchObject({
      aud: notesAppId,
      oid: subject,
      ...(flow === 'obo' ? { scp: 'Notes.Read' } : { roles: ['Notes.Read.All'] }),
    })
    expect(token?.verifiedBy?.map(({ actor }) => actor)).toEqual(['agent', 'notes'])
    const call = ofTool.find(({ kind }) => kind === 'api-call')
    expect(call).toMatchObject({
      to: 'notes',
      status: 'ok',
      request: {
        method: 'POST',
        url: notes.url,
        body: { method: 'tools/call', params: { name: 'get_note' } },
      },
    })
    expect(JSON.stringify(call?.request)).not.toContain('Apollo')
    expect(trace.find(({ kind }) => kind === 'validation')).toMatchObject({
      from: 'notes',
      parentId: call?.id,
    })
  })
})
