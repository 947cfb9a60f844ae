import type { RequestListener } from 'node:http'
import { createSender } from '@entra-bedrock-agent/service-kit/send'
import { afterAll, afterEach, expect, it } from 'vitest'
import { LocalServer } from '../../../../packages/service-kit/src/testing/local-server.ts'
import { createJsonFetcher } from './fetch-json.ts'

const sender = createSender({ connections: 4 })
const fetchJson = createJsonFetcher(sender.send)
afterAll(() => sender.close())
const unaborted = new AbortController().signal
const servers: LocalServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function serve(listener: RequestListener): Promise<URL> {
  const server = new LocalServer(listener)
  servers.push(server)
  return new URL('/path', (await server.start()).url)
}

it('gets a JSON document', async () => {
  const url = await serve((_request, response) => response.end('{"a":1}'))
  expect(await fetchJson(url, 10_000, unaborted)).toEqual({ a: 1 })
})

it.each<[string, RequestListener]>([
  ['never responds', () => undefined],
  ['stops in the middle', (_request, response) => void response.writeHead(200).write('{"a":')],
])('gives up when its time is over on a server that %s', async (_name, listener) => {
  const url = await serve(listener)
  await expect(fetchJson(url, 50, unaborted)).rejects.toThrow(`${url.origin} did not respond within 50 ms.`)
})

it.each<[string, RequestListener, string]>([
  ['an error', (_request, response) => response.writeHead(503).end('{}'), 'responded with 503'],
  ['no JSON', (_request, response) => response.end('<html>'), 'did not respond with JSON'],
  ['half a megabyte', (_request, response) => response.end(`"${'x'.repeat(600_000)}"`), 'could not be read'],
  [
    'another address',
    (_request, response) => response.writeHead(302, { location: '/' }).end(),
    'responded with 302',
  ],
  ['a torn connection', request => request.socket.destroy(), 'could not be read'],
])('rejects %s in words', async (_name, listener, words) => {
  const url = await serve(listener)
  await expect(fetchJson(url, 10_000, unaborted)).rejects.toThrow(words)
})

it('says which address could not be reached, without path and query', async () => {
  const url = await serve(() => undefined)
  await servers.pop()?.close()
  url.search = '?key=secret'
  await expect(fetchJson(url, 10_000, unaborted)).rejects.toThrow(
    `${url.origin} could not be read (ECONNREFUSED).`,
  )
})
