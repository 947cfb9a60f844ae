import { expect, it } from 'vitest'
import { identities } from '../../support/identities.ts'
import { McpStack } from './mcp-stack.ts'
import { startNotesServer } from './notes-server.ts'

const { ada, ben, agentId } = identities

it.each(['2026-07-28', '2025-11-25'] as const)(
  '50 turns at the same time, of two users and the agent itself, never carry each other’s token to a server of revision %s',
  async protocol => {
    await using mcp = await McpStack.start()
    await using notes = await startNotesServer(mcp.stack.entraUrl)
    const tokens: Record<string, string> = {
      [ada.oid]: await mcp.stack.signIn(ada.oid),
      [ben.oid]: await mcp.stack.signIn(ben.oid),
    }
    await mcp.configure({ notes: { url: notes.url, protocol } })
    const subjects = [ada.oid, ben.oid, agentId]
    await Promise.all(
      Array.from({ length: 50 }, async (_, number) => {
        const subject = subjects[number % subjects.length] ?? ''
        const reply = await mcp.answerTo(`Get note on topic Apollo${number}`, tokens[subject])
        // The server writes the subject of the request's token into each result.
        expect(reply.answer).toContain(`Apollo${number} is due on Friday, reader: ${subject}`)
        for (const other of subjects) {
          if (other !== subject) expect(reply.answer).not.toContain(other)
        }
        const called = reply.trace.filter(({ kind, parentId }) => kind === 'api-call' && parentId)
        expect(called).toHaveLength(1)
        expect(reply.trace.find(({ kind }) => kind === 'token')?.token?.claims).toMatchObject({
          oid: subject,
        })
      }),
    )
    const calls = notes.calls.filter(({ method }) => method === 'tools/call')
    expect(calls).toHaveLength(50)
    // Users share no connection: each turn, and each look-up of the tools, sends requests for its own user only.
    const connectionsFor = (subject: string) => {
      const methods = notes.calls.flatMap(({ method, claims }) => (claims['oid'] === subject ? [method] : []))
      const count = (wanted: string) => methods.filter(method => method === wanted).length
      return { ofTurns: count('initialize') - count('tools/list'), all: count('initialize') }
    }
    if (protocol === '2025-11-25') {
      expect(connectionsFor(ada.oid).ofTurns).toBe(17)
      expect(connectionsFor(ben.oid).ofTurns).toBe(17)
      expect(connectionsFor(agentId).all).toBe(1)
    }
  },
)
