import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { json } from 'node:stream/consumers'

export type RawResponse = Awaited<ReturnType<typeof rawGet>>

// No keep-alive: the service could close a kept connection just when the next request uses it.
const agent = new Agent({ keepAlive: false })

/** GET with raw headers: names and values alternate, and are sent unchanged. */
export async function rawGet(url: string, headers: readonly string[], host = new URL(url).host) {
  const asked = request(url, { agent, headers: ['host', host, ...headers] }).end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return {
    status: response.statusCode ?? 0,
    challenge: response.headers['www-authenticate'],
    contentType: response.headers['content-type'],
    headers: response.headers,
    body: await json(response),
  }
}
