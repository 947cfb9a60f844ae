import type { RequestListener, ServerResponse } from 'node:http'
import { describe, expect, it, vi } from 'vitest'
import { createApiClient, oncePerBrokenConnection, ResponseTooLarge, readResponse } from './api-client.ts'
import { json, start } from './testing/stage.ts'

const never = new AbortController().signal

async function stage(listener: RequestListener, timeoutMs?: number) {
  const server = await start(listener)
  return { server, client: createApiClient({ timeoutMs }) }
}

describe('a GET', () => {
  it('asks for JSON with the given headers, and brings status, challenge and body', async () => {
    const { server, client } = await stage((_request, response) =>
      json(401, { code: 'NO' }, { 'www-authenticate': 'Bearer' })(response),
    )
    expect(await client.read(server.url, { 'x-test': '1' }, never)).toEqual({
      status: 401,
      challenge: 'Bearer',
      body: { code: 'NO' },
    })
    expect(server.requests[0]?.headers).toMatchObject({ accept: 'application/json', 'x-test': '1' })
    await client.close()
  })

  it('brings a body of up to 256 KiB', async () => {
    let bytes = 256 * 1024
    const { server, client } = await stage((_request, response) => response.end(`"${'x'.repeat(bytes - 2)}"`))
    expect((await client.read(server.url, {}, never)).body).toHaveLength(bytes - 2)
    bytes += 1
    await expect(client.read(server.url, {}, never)).rejects.toMatchObject({
      code: 'UND_ERR_RES_EXCEEDED_MAX_SIZE',
    })
    await client.close()
  })

  it('ends after its time, with a name for that', async () => {
    const { server, client } = await stage(() => undefined, 20)
    await expect(client.read(server.url, {}, never)).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'No response in time.',
    })
    await client.close()
  })

  it('waits for a connection while 128 are in use', async () => {
    const sockets = new Set<unknown>()
    const waiting: ServerResponse[] = []
    const { server, client } = await stage((request, response) => {
      sockets.add(request.socket)
      waiting.push(response)
      if (server.requests.length >= 128) for (const one of waiting.splice(0)) one.end('1')
    })
    const responses = await Promise.all(Array.from({ length: 140 }, () => client.read(server.url, {}, never)))
    expect(responses.every(({ body }) => body === 1)).toBe(true)
    expect(sockets.size).toBe(128)
    await client.close()
  })

  it('ends when the client is closed', async () => {
    const { server, client } = await stage(() => undefined)
    const asked = client.read(server.url, {}, never).catch((error: Error) => error)
    await expect.poll(() => server.requests.length).toBe(1)
    await client.close()
    expect(await asked).toMatchObject({ code: 'UND_ERR_DESTROYED' })
  })
})

describe('a request of a protocol of its own', () => {
  it('is sent as it is, and its response comes as it is', async () => {
    let sent = ''
    const { server, client } = await stage((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => {
        sent += text
      })
      request.on('end', () => response.writeHead(202, { 'x-test': '2' }).end('fünf'))
    })
    const headers = { 'x-test': '1' }
    const wire = { method: 'PUT', url: `${server.url}/path`, headers, body: 'body', maxBytes: 10 }
    const response = await client.send(wire, never)
    expect(response).toMatchObject({ status: 202, headers: { 'x-test': '2' }, text: 'fünf' })
    expect(server.requests).toMatchObject([{ target: 'PUT /path', headers }])
    expect(sent).toBe('body')
    await client.close()
  })

  it('brings as much as it asked for and no more', async () => {
    let hungUp = 0
    const { server, client } = await stage((_request, response) => {
      response.on('close', () => {
        hungUp += 1
      })
      response.write('12345')
      setImmediate(() => response.end('67890'))
    })
    const ask = (maxBytes: number) =>
      client.send({ method: 'GET', url: server.url, headers: {}, maxBytes }, never)
    expect((await ask(10)).text).toBe('1234567890')
    const error = await ask(9).catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(ResponseTooLarge)
    expect(error).toMatchObject({
      name: 'ResponseTooLarge',
      message: 'The response is larger than 9 bytes.',
    })
    await expect.poll(() => hungUp).toBe(2)
    await client.close()
  })

  it('may bring more than a GET may', async () => {
    const { server, client } = await stage((_request, response) => response.end('x'.repeat(300_000)))
    const wire = { method: 'GET', url: server.url, headers: {}, maxBytes: 300_000 }
    expect((await client.send(wire, never)).text).toHaveLength(300_000)
    await client.close()
  })

  it('ends when the client is closed', async () => {
    const { server, client } = await stage(() => undefined)
    const wire = { method: 'GET', url: server.url, headers: {}, maxBytes: 1 }
    const asked = client.send(wire, never).catch((error: Error) => error)
    await expect.poll(() => server.requests.length).toBe(1)
    await client.close()
    expect(await asked).toMatchObject({ code: 'UND_ERR_DESTROYED' })
  })
})

describe('a response', () => {
  it('has no body where that is no JSON, and all its challenges in one', () => {
    const headers = { 'www-authenticate': ['Basic', 'Bearer'] }
    expect(readResponse({ status: 200, headers, text: '<html>' })).toEqual({
      status: 200,
      challenge: 'Basic, Bearer',
      body: undefined,
    })
  })
})

describe('a call whose connection broke', () => {
  const broken = (code: unknown = 'ECONNRESET') => Object.assign(new Error(`broken by ${code}`), { code })

  it.each(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])(
    'by %s is made once more',
    async code => {
      const call = vi.fn().mockRejectedValueOnce(broken(code)).mockResolvedValue('done')
      expect(await oncePerBrokenConnection(call, never)).toBe('done')
      expect(call).toHaveBeenCalledTimes(2)
    },
  )

  it('a second time is given up', async () => {
    const call = vi.fn().mockRejectedValueOnce(broken()).mockRejectedValue(broken('EPIPE'))
    await expect(oncePerBrokenConnection(call, never)).rejects.toThrow('EPIPE')
    expect(call).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['another code', broken('UND_ERR_CONNECT_TIMEOUT')],
    ['a code that is no text', broken(7)],
    ['no code', new Error('broken')],
    ['no error at all', undefined],
  ])('is not made again for %s', async (_what, thrown) => {
    const call = vi.fn().mockRejectedValue(thrown)
    expect(await oncePerBrokenConnection(call, never).catch(error => ({ error }))).toEqual({ error: thrown })
    expect(call).toHaveBeenCalledTimes(1)
  })

  it('is not made again for a caller that has gone away, before or in the pause', async () => {
    const caller = new AbortController()
    const gone = vi.fn().mockImplementation(async () => {
      caller.abort(new Error('went away'))
      throw broken()
    })
    await expect(oncePerBrokenConnection(gone, caller.signal)).rejects.toThrow('broken')
    expect(gone).toHaveBeenCalledTimes(1)
    const leaving = new AbortController()
    const call = vi.fn().mockImplementation(async () => {
      setImmediate(() => leaving.abort())
      throw broken()
    })
    await expect(oncePerBrokenConnection(call, leaving.signal)).rejects.toMatchObject({ name: 'AbortError' })
    expect(call).toHaveBeenCalledTimes(1)
  })
})
