import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { temporaryFolder } from '@entra-agents/service-kit/testing/temporary-file'
import { afterAll, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { startWeatherApi } from '../weather-api/service.ts'
import { revisions } from './clients.ts'

interface Check {
  readonly id: string
  readonly status: string
}

const suiteFile = resolve(
  import.meta.dirname,
  '../../../node_modules/@modelcontextprotocol/conformance/dist/index.js',
)
/** Why checks fail that this server does not pass. A check for which there is no reason is a fault. */
const reasons: readonly (readonly [reason: string, checks: RegExp])[] = [
  [
    'The server offers tools only: no resources, prompts, completions or log messages',
    /^(completion|logging|prompts|resources)-|non-tool|-(prompts|resources)-|resources-templates/,
  ],
  [
    'The tools never change, so a subscription is refused instead of holding a stream open for nothing',
    /-server-(sends|tags)-subscription/,
  ],
  [
    'They call tools that only the suite’s own example server has',
    /^(elicitation|json-schema|sep-2243-server|sep-2322|sep-2575|tools-call)-/,
  ],
]

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

const api = await forFile(startWeatherApi())
const proxy = await startTokenProxy(api.url, api.autonomous())
afterAll(() => proxy.close().closeAllConnections())

async function runSuite(revision: string): Promise<readonly Check[]> {
  const folder = temporaryFolder()
  const url = `http://localhost:${(proxy.address() as AddressInfo).port}/mcp`
  const options = ['--url', url, '--suite', 'all', '--spec-version', revision, '-o', folder]
  // The exit code is ignored: the suite cannot be told which failures are expected.
  await new Promise<void>(ended =>
    execFile(process.execPath, [suiteFile, 'server', ...options], () => ended()),
  )
  const files = globSync('*/checks.json', { cwd: folder })
  return files.flatMap((file): Check[] => JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

it('The official conformance suite finds passed and failed what the text says', async () => {
  const lines: string[] = []
  for (const revision of revisions) {
    const checks = await runSuite(revision)
    const named = (status: string) =>
      [...new Set(checks.filter(check => check.status === status).map(({ id }) => id))].sort()
    const reasonOf = (id: string) => reasons.find(([, ids]) => ids.test(id))?.[0] ?? 'WITHOUT A REASON'
    lines.push(`# ${revision}`, 'Passed', ...named('SUCCESS').map(id => `  ${id}`))
    const failed = Object.groupBy(named('FAILURE'), reasonOf)
    for (const [reason, ids = []] of Object.entries(failed)) lines.push(reason, ...ids.map(id => `  ${id}`))
  }
  const text = `${lines.join('\n')}\n`
  expect(text).not.toContain('WITHOUT A REASON')
  await expect(text).toMatchFileSnapshot('conformance.txt')
})
