import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { fetch } from 'undici'
import { afterAll, afterEach, expect, it } from 'vitest'
import { boundedConnections } from './bounded-connections.ts'
import { createJsonFetcher } from './fetch-json.ts'

const connections = boundedConnections(512 * 1024)
const { dispatcher } = connections
const fetchJson = createJsonFetcher(dispatcher)
afterAll(() => connections.close())
const unaborted = new AbortController().signal
const servers: ReturnType<typeof createServer>[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function serve(listener: RequestListener): Promise<URL> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path`)
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
    'could not be read',
  ],
  ['a torn connection', request => request.socket.destroy(), 'could not be read'],
])('rejects %s in words', async (_name, listener, words) => {
  const url = await serve(listener)
  await expect(fetchJson(url, 10_000, unaborted)).rejects.toThrow(words)
})

const encodings: readonly [string, (text: string | Buffer) => Buffer][] = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
  ['gzip, gzip', text => gzipSync(gzipSync(text))],
]

it.each(encodings)('reads %s, but no more than half a megabyte of it', async (encoding, compress) => {
  const serveText = (status: number, text: string) =>
    serve((_request, response) =>
      response.writeHead(status, { 'content-encoding': encoding }).end(compress(text)),
    )
  expect(await fetchJson(await serveText(200, '{"a":1}'), 10_000, unaborted)).toEqual({ a: 1 })
  const large = `"${'x'.repeat(600_000)}"`
  await expect(fetchJson(await serveText(200, large), 10_000, unaborted)).rejects.toThrow('could not be read')
  // Not read here, but by a library that wants the body of an error as well.
  const failed = await fetch(await serveText(500, large), { dispatcher })
  await expect(failed.text()).rejects.toThrow()
})

it('says which address could not be reached, without path and query', async () => {
  const url = await serve(() => undefined)
  servers.pop()?.close()
  url.search = '?key=secret'
  await expect(fetchJson(url, 10_000, unaborted)).rejects.toThrow(
    `${url.origin} could not be read (ECONNREFUSED).`,
  )
})
