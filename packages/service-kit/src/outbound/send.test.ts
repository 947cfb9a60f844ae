import { once } from 'node:events'
import type { RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { LocalServer } from '../testing/local-server.ts'
import { createSender, type OutboundRequest } from './send.ts'

async function serve(listener: RequestListener): Promise<string> {
  const server = await new LocalServer(listener).start()
  onTestFinished(() => server.close())
  return server.url
}

function openSender(connections = 8) {
  const sender = createSender({ connections })
  onTestFinished(() => sender.close())
  return {
    ...sender,
    ask: (url: string, more: Partial<OutboundRequest> = {}) =>
      sender.send({ url, maxBytes: 1_000, timeoutMs: 10_000, ...more }),
  }
}

describe('A request', () => {
  it('is sent unchanged, and its response is returned unchanged', async () => {
    const url = await serve(async (request, response) => {
      const { method, url: target, headers } = request
      const said = `${method} ${target} ${headers['x-test']} ${await text(request)}`
      response.writeHead(202, { 'x-test': '2' }).end(said)
    })
    const sent = { method: 'PUT', headers: { 'x-test': '1' }, body: 'fünf' } as const
    expect(await openSender().ask(`${url}/path?a=b`, sent)).toMatchObject({
      status: 202,
      headers: { 'x-test': '2' },
      text: 'PUT /path?a=b 1 fünf',
    })
  })

  it('follows no redirect', async () => {
    const url = await serve((_request, response) => response.writeHead(302, { location: '/' }).end())
    expect(await openSender().ask(url)).toMatchObject({ status: 302, headers: { location: '/' }, text: '' })
  })

  it('waits for a connection while the limit of connections is reached', async () => {
    const waiting: ServerResponse[] = []
    const sockets = new Set<unknown>()
    const url = await serve((request, response) => {
      sockets.add(request.socket)
      waiting.push(response)
      if (waiting.length >= 4) for (const one of waiting) one.end('1')
    })
    const { ask } = openSender(4)
    const responses = await Promise.all(Array.from({ length: 10 }, () => ask(url)))
    expect(responses.every(({ text }) => text === '1')).toBe(true)
    expect(sockets.size).toBe(4)
  })

  it('that waits for a connection can time out too, and is then not sent later', async () => {
    const waiting: ServerResponse[] = []
    const url = await serve((_request, response) => void waiting.push(response))
    const { ask } = openSender(1)
    const first = ask(url)
    await expect.poll(() => waiting.length).toBe(1)
    await expect(ask(url, { timeoutMs: 10 })).rejects.toMatchObject({ kind: 'timeout' })
    const third = ask(url)
    waiting[0]?.end('first')
    expect((await first).text).toBe('first')
    await expect.poll(() => waiting.length).toBe(2)
    waiting[1]?.end('third')
    expect((await third).text).toBe('third')
  })

  it('rejects with the reason of its abort signal, whether the signal aborts before or after the request is sent', async () => {
    const reached = Promise.withResolvers<ServerResponse>()
    const url = await serve((_request, response) => reached.resolve(response))
    const { ask } = openSender()
    await expect(ask(url, { signal: AbortSignal.abort('gone') })).rejects.toBe('gone')
    const caller = new AbortController()
    const asked = ask(url, { signal: caller.signal })
    const hungUp = once(await reached.promise, 'close')
    caller.abort('went away')
    await expect(asked).rejects.toBe('went away')
    await hungUp
  })
})

describe('A response', () => {
  it('is limited in size, and can be read in pieces', async () => {
    const hungUp: unknown[] = []
    const url = await serve((_request, response) => {
      response.once('close', () => hungUp.push(response))
      response.write('12345')
      setImmediate(() => response.end('6789ü'))
    })
    const { ask } = openSender()
    const pieces: string[] = []
    const onText = (piece: string) => void pieces.push(piece)
    expect((await ask(url, { maxBytes: 11, onText })).text).toBe('123456789ü')
    expect(pieces.join('')).toBe('123456789ü')
    await expect(ask(url, { maxBytes: 10 })).rejects.toMatchObject({
      name: 'SendError',
      kind: 'too-large',
      message: 'The response is larger than 10 bytes.',
    })
    await expect.poll(() => hungUp.length).toBe(2)
  })

  it('that comes in pieces of one byte is handed over in few pieces', async () => {
    const text = 'drip ü '.repeat(1_000)
    const chunks = [...Buffer.from(text)].map(byte => Buffer.from([0x31, 13, 10, byte, 13, 10]))
    const url = await serve((_request, response) => {
      response.socket?.write('HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n')
      response.socket?.end(Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]))
    })
    const pieces: string[] = []
    await openSender().ask(url, { maxBytes: 10_000, onText: piece => pieces.push(piece) })
    expect(pieces.join('')).toBe(text)
    expect(pieces.length).toBeLessThan(text.length / 10)
    // Other connections have their turn in between.
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThanOrEqual(1_000)
  })

  const encodings: readonly [string, (text: string | Buffer) => Buffer][] = [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['gzip, gzip', text => gzipSync(gzipSync(text))],
  ]

  it.each(encodings)('is decompressed from %s, up to a limited size', async (encoding, compress) => {
    let text = 'a text'
    let status = 200
    const url = await serve((_request, response) =>
      response.writeHead(status, { 'content-encoding': encoding }).end(compress(text)),
    )
    const { ask } = openSender()
    expect((await ask(url)).text).toBe('a text')
    text = 'x'.repeat(600_000)
    await expect(ask(url)).rejects.toMatchObject({ kind: 'too-large' })
    status = 500
    await expect(ask(url)).rejects.toMatchObject({ kind: 'too-large' })
  })
})

describe('The error of a failed request', () => {
  it.each<[string, RequestListener]>([
    ['begins', () => undefined],
    ['ends', (_request, response) => void response.writeHead(200).write('{"a":')],
  ])('has the kind `timeout` if no response %s in time', async (_what, listener) => {
    const url = await serve(listener)
    await expect(openSender().ask(url, { timeoutMs: 20 })).rejects.toMatchObject({
      kind: 'timeout',
      message: 'No response in time.',
    })
  })

  it('has the kind `broken` if the connection breaks before or during the response', async () => {
    const { ask } = openSender()
    const torn = await serve(request => request.socket.destroy())
    await expect(ask(torn)).rejects.toMatchObject({ kind: 'broken', code: 'UND_ERR_SOCKET' })
    const cut = await serve((request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('12345', () => request.socket.destroy())
    })
    await expect(ask(cut)).rejects.toMatchObject({ kind: 'broken', status: 200 })
  })

  // biome-ignore format: table
  it.each([
    ['refused', 'nobody listens at the address', 'http://127.0.0.1:9', 'ECONNREFUSED'],
    ['unreachable', 'the host name cannot be resolved', 'http://name.invalid', expect.stringMatching(/^E/)],
  ])('has the kind `%s` if %s', async (kind, _why, url, code) => {
    await expect(openSender().ask(url)).rejects.toMatchObject({ kind, code })
  })

  it('has the kind `other` if the sender is closed', async () => {
    const reached = Promise.withResolvers<void>()
    const { ask, close } = openSender()
    const asked = ask(await serve(() => reached.resolve())).catch((error: Error) => error)
    await reached.promise
    await close()
    expect(await asked).toMatchObject({ kind: 'other', code: 'UND_ERR_DESTROYED' })
  })
})
