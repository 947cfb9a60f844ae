import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { expect, it, vi } from 'vitest'
import { launcherOf } from '../../../scripts/tools/tool.ts'
import { identities } from '../../support/identities.ts'
import { findFreePort } from '../../support/ports.ts'
import { needs } from '../../support/programs.ts'
import { McpStack } from './mcp-stack.ts'
import { notesAppId } from './notes-server.ts'

needs('python')

/** Starts a proxy for a server that checks no tokens. It passes on only requests with a valid token, without the token. */
async function startTokenCheck(
  entraUrl: string,
  port: number,
): Promise<{ server: Server; callers: unknown[] }> {
  const issuer = `${entraUrl}/${identities.tenantId}`
  const keys = createRemoteJWKSet(new URL(`${issuer}/discovery/v2.0/keys`))
  const callers: unknown[] = []
  const server = createServer(async (incoming, outgoing) => {
    const { authorization = '', ...headers } = incoming.headers
    const token = authorization.replace(/^Bearer /, '')
    const options = { issuer: `${issuer}/v2.0`, audience: notesAppId }
    const verified = await jwtVerify(token, keys, options).catch(() => undefined)
    if (!verified) {
      outgoing.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
      return
    }
    callers.push(verified.payload['oid'])
    const { method, url } = incoming
    const passedOn = request({ host: '127.0.0.1', port, method, path: url, headers }, response => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(outgoing)
    })
    passedOn.once('error', () => outgoing.destroy())
    incoming.pipe(passedOn)
  })
  await new Promise<void>(listening => server.listen(0, 'localhost', listening))
  return { server, callers }
}

it('a server made with the Python SDK needs only configuration and a token check, in each protocol and flow', async () => {
  const port = await findFreePort()
  const library = spawn(launcherOf('python'), [join(import.meta.dirname, 'python_server.py'), String(port)], {
    stdio: 'ignore',
  })
  const ended = once(library, 'exit')
  await using mcp = await McpStack.start()
  const check = await startTokenCheck(mcp.stack.entraUrl, port)
  try {
    await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/mcp`), { timeout: 20_000, interval: 100 })
    const ada = await mcp.stack.signIn(identities.ada.oid)
    const url = `http://localhost:${(check.server.address() as AddressInfo).port}/mcp`
    for (const protocol of ['2026-07-28', '2025-11-25', 'auto']) {
      await mcp.configure({ library: { url, allowedTools: ['find_book'], protocol } })
      for (const [token, oid] of [
        [undefined, identities.agentId],
        [ada, identities.ada.oid],
      ] as const) {
        const reply = await mcp.answerTo('Use find_book with title “Apollo”', token)
        expect(reply.tools).toMatchObject([{ name: 'library__find_book', status: 'ok' }])
        expect(reply.answer).toContain('title: Apollo, shelf: 6')
        expect(check.callers.at(-1)).toBe(oid)
      }
      const failed = await mcp.answerTo('Use find_book with title “Nothing”')
      expect(failed.answer).toContain('The library MCP server says: Error executing tool find_book')
    }
    await mcp.configure({ library: { url, allowedTools: ['find_book'], readOnlyTools: [] } })
    const pause = await mcp.pauseOf('Use find_book with title “Apollo”', ada)
    expect(pause.calls).toMatchObject([
      { title: 'Call find_book of library', arguments: { title: 'Apollo' } },
    ])
    const reply: unknown = await (await mcp.decide(pause, 'approve', ada)).json()
    expect(reply).toMatchObject({ tools: [{ name: 'library__find_book', status: 'ok' }] })
  } finally {
    check.server.close().closeAllConnections()
    library.kill()
    await ended
  }
})
