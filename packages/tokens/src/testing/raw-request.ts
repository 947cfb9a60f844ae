import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { json } from 'node:stream/consumers'

export interface RawResponse {
  readonly status: number
  /** The WWW-Authenticate header. */
  readonly challenge: string | undefined
  readonly contentType: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: unknown
}

// No keep-alive: the service could close a kept connection just when the next request uses it.
const agent = new Agent({ keepAlive: false })

/** GET with raw headers: names and values alternate, and are sent unchanged. */
export async function rawGet(
  url: string,
  headers: readonly string[],
  host = new URL(url).host,
): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>()
  request(url, { agent, headers: ['host', host, ...headers] }, response => {
    json(response).then(
      body =>
        resolve({
          status: response.statusCode ?? 0,
          challenge: response.headers['www-authenticate'],
          contentType: response.headers['content-type'],
          headers: response.headers,
          body,
        }),
      reject,
    )
  })
    .on('error', reject)
    .end()
  return await promise
}
