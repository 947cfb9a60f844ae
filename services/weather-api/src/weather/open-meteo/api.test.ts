import type { RequestListener } from 'node:http'
import { createSender, SendError } from '@entra-agents/service-kit/send'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { createOpenMeteoApi } from './api.ts'

const sender = createSender({ connections: 4 })
afterAll(() => sender.close())
const neverAborted = new AbortController().signal

/** A server that answers every request alike, until the test ends. */
async function serve(listener: RequestListener): Promise<LocalServer> {
  const server = await new LocalServer(listener).start()
  onTestFinished(() => server.close())
  return server
}

const findPlaces = (url: string, send = sender.send) =>
  createOpenMeteoApi({ provider: 'open-meteo', geocodingUrl: url, forecastUrl: url }, send).findPlaces(
    'Oslo',
    neverAborted,
  )

it('The client of Open-Meteo gets a JSON document', async () => {
  const { url } = await serve((_request, response) => response.end('{"results":[]}'))
  expect(await findPlaces(url)).toEqual([])
})

it('The client of Open-Meteo gives up after three seconds', async () => {
  const late = findPlaces('http://late.example', async ({ timeoutMs }) => {
    throw new SendError('timeout', `${timeoutMs} ms are over.`)
  })
  await expect(late).rejects.toThrow('http://late.example did not respond within 3000 ms.')
  await expect(late).rejects.toMatchObject({ cause: { message: '3000 ms are over.' } })
})

it.each<[string, RequestListener, string]>([
  ['an error', (_request, response) => response.writeHead(503).end('{}'), 'responded with 503'],
  ['no JSON', (_request, response) => response.end('<html>'), 'did not respond with JSON'],
  ['half a megabyte', (_request, response) => response.end(`"${'x'.repeat(600_000)}"`), 'could not be read'],
  ['another address', (_request, response) => response.writeHead(302).end(), 'responded with 302'],
  ['a torn connection', request => request.socket.destroy(), 'could not be read'],
])('The client of Open-Meteo says in words what is wrong if it gets %s', async (_name, listener, words) => {
  await expect(findPlaces((await serve(listener)).url)).rejects.toThrow(words)
})

it('The error of a failed connection contains the address without path and query', async () => {
  const closed = await new LocalServer(() => {}).start()
  await closed.close()
  const { url } = closed
  await expect(findPlaces(url)).rejects.toThrow(`${url} could not be read (ECONNREFUSED).`)
})
