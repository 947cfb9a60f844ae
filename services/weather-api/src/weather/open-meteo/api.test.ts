import type { RequestListener } from 'node:http'
import { createSender, SendError } from '@entra-agents/service-kit/send'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { afterAll, expect, it, onTestFinished } from 'vitest'
import { createOpenMeteoApi } from './api.ts'

const sender = createSender({ connections: 4 })
afterAll(() => sender.close())

const findPlaces = (url: string, send = sender.send) => {
  const api = createOpenMeteoApi({ provider: 'open-meteo', geocodingUrl: url, forecastUrl: url }, send)
  return api.findPlaces('Oslo', new AbortController().signal)
}

it('The client of Open-Meteo gives up after three seconds', async () => {
  const late = findPlaces('http://late.example', async ({ timeoutMs }) => {
    throw new SendError('timeout', `${timeoutMs} ms are over.`)
  })
  await expect(late).rejects.toThrow('http://late.example did not respond within 3000 ms.')
  await expect(late).rejects.toMatchObject({ cause: { message: '3000 ms are over.' } })
})

it.each<[string, RequestListener | undefined, string]>([
  ['an error', (_request, response) => response.writeHead(503).end('{}'), 'responded with 503'],
  ['no JSON', (_request, response) => response.end('<html>'), 'did not respond with JSON'],
  ['half a megabyte', (_request, response) => response.end(`"${'x'.repeat(600_000)}"`), 'could not be read'],
  ['another address', (_request, response) => response.writeHead(302).end(), 'responded with 302'],
  ['a torn connection', request => request.socket.destroy(), 'could not be read'],
  ['no connection', undefined, 'could not be read (ECONNREFUSED)'],
])(
  'The client of Open-Meteo says in words, without path and query, what is wrong if it gets %s',
  async (_what, listener, words) => {
    const server = await new LocalServer(listener ?? (() => {})).start()
    if (listener) onTestFinished(() => server.close())
    else await server.close()
    await expect(findPlaces(server.url)).rejects.toThrow(`${server.url} ${words}`)
  },
)
