import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { autonomousClaims } from '@entra-agents/tokens/testing/agent-claims'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningWeatherApi, startWeatherApi } from '../weather-api/service.ts'
import { revisions } from './clients.ts'
import { exceptions } from './conformance-exceptions.ts'

interface Check {
  readonly id: string
  readonly status: string
}

const suiteFile = resolve(
  import.meta.dirname,
  '../../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
)
const exceptedChecks = Object.values(exceptions).flat()

/** The suite's checks that apply to a stateless server with tools only. All of them must succeed. */
const applicableChecks = {
  '2025-11-25': [
    'server-initialize',
    'ping',
    'tools-list',
    'tools-name-format',
    'localhost-host-rebinding-rejected',
    'wire-schema-valid',
  ],
  '2026-07-28': [
    'sep-2575-server-implements-discover',
    'sep-2575-http-server-unsupported-version-400',
    'sep-2575-http-server-header-mismatch-400',
    'sep-2575-http-server-meta-invalid-400',
    'sep-2575-http-server-method-not-found-404',
    'sep-2243-server-reject-invalid-headers',
    'sep-2549-tools-list-caching-hints',
    'server-accepts-multiple-post-streams',
    'tools-list',
    'tools-list-deterministic-order',
    'localhost-host-rebinding-rejected',
    'wire-schema-valid',
  ],
}

/** Adds a token to each request, since the suite has none. */
async function startTokenProxy(url: string, token: string): Promise<Server> {
  const proxy = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, authorization: `Bearer ${token}` }
    const passedOn = request(new URL(incoming.url ?? '', url), { method: incoming.method, headers })
    passedOn.once('response', response => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(outgoing)
    })
    passedOn.once('error', () => outgoing.destroy())
    incoming.pipe(passedOn)
  })
  await new Promise<void>(listening => proxy.listen(0, 'localhost', listening))
  return proxy
}

describe('the official conformance suite', () => {
  let api: RunningWeatherApi
  let proxy: Server
  const made = new Map<string, readonly Check[]>()

  beforeAll(async () => {
    api = await startWeatherApi()
    proxy = await startTokenProxy(api.url, api.issuer.sign(autonomousClaims({ authority: api.issuer.url })))
    for (const revision of revisions) made.set(revision, await runSuite(revision))
  })
  afterAll(async () => {
    proxy.close().closeAllConnections()
    await api.close()
  })

  async function runSuite(revision: string): Promise<readonly Check[]> {
    const folder = mkdtempSync(join(tmpdir(), 'conformance-'))
    const url = `http://localhost:${(proxy.address() as AddressInfo).port}/mcp`
    const options = ['--url', url, '--suite', 'all', '--spec-version', revision, '-o', folder]
    // The exit code is ignored: the suite cannot be told which failures are expected.
    await new Promise<void>(ended =>
      execFile(process.execPath, [suiteFile, 'server', ...options], () => ended()),
    )
    const files = globSync('*/checks.json', { cwd: folder })
    const checks = files.flatMap((file): Check[] => JSON.parse(readFileSync(join(folder, file), 'utf8')))
    rmSync(folder, { recursive: true })
    return checks
  }

  const idsOf = (revision: string, status: string) =>
    new Set((made.get(revision) ?? []).filter(check => check.status === status).map(({ id }) => id))

  it.each(revisions)('for revision %s reports only expected failures', revision => {
    expect([...idsOf(revision, 'FAILURE')].filter(id => !exceptedChecks.includes(id))).toEqual([])
    const passed = idsOf(revision, 'SUCCESS')
    expect(applicableChecks[revision].filter(id => !passed.has(id))).toEqual([])
  })

  it('reports every expected failure', () => {
    const failed = new Set(revisions.flatMap(revision => [...idsOf(revision, 'FAILURE')]))
    expect(exceptedChecks.filter(id => !failed.has(id))).toEqual([])
    expect(new Set(exceptedChecks).size).toBe(exceptedChecks.length)
  })
})
