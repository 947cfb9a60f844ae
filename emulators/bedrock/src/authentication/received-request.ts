import type { FastifyRequest } from 'fastify'

/** A request as it was received, without decoding, so that its signature can be recomputed. */
export interface ReceivedRequest {
  readonly method: string
  /** The path as sent, percent-encoded, without the query. */
  readonly path: string
  /** The query as sent, without the question mark. */
  readonly query: string
  /** The headers by their names in lower case; repeated headers are joined, as by Node. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The raw request behind a Fastify request whose body was read as bytes. */
export function receivedRequest({ raw, body }: FastifyRequest): ReceivedRequest {
  const { method = 'GET', url = '/' } = raw
  const [path = '/'] = url.split('?', 1)
  const headers = Object.entries(raw.headers).map(([name, value]) => [name, String(value)])
  return {
    method,
    path,
    query: url.slice(path.length + 1),
    headers: Object.fromEntries(headers),
    body: body instanceof Uint8Array ? body : new Uint8Array(),
  }
}
