import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'

/** A request as it came over the wire: nothing decoded, so that its signature can be recomputed. */
export interface ReceivedRequest {
  readonly method: string
  /** The path as sent, percent-encoded, without the query. */
  readonly path: string
  /** The query as sent, without the question mark. */
  readonly query: string
  /** Lower-case names. */
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** The raw request behind a Fastify one whose body was read as bytes. */
export function receivedRequest({ raw, body }: FastifyRequest): ReceivedRequest {
  const url = raw.url ?? '/'
  const [path = '/'] = url.split('?', 1)
  return {
    method: raw.method ?? 'GET',
    path,
    query: url.slice(path.length + 1),
    headers: raw.headers,
    body: body instanceof Uint8Array ? body : new Uint8Array(),
  }
}

/** One value of a header, or `undefined`. */
export function headerOf({ headers }: ReceivedRequest, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value.join(',') : value
}
