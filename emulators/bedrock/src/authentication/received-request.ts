import type { FastifyRequest } from 'fastify'

export type ReceivedRequest = Readonly<ReturnType<typeof receivedRequest>>

/** The raw request behind one whose body was read as bytes: path and query without decoding, so that its signature can be recomputed. */
export function receivedRequest({ raw, body }: FastifyRequest) {
  const { method = 'GET', url = '/' } = raw
  const [path = '/'] = url.split('?', 1)
  const headers = Object.entries(raw.headers).map(([name, value]) => [name, String(value)] as const)
  return {
    ...{ method, path, query: url.slice(path.length + 1) },
    /** By their names in lower case; repeated headers are joined, as by Node. */
    headers: Object.fromEntries(headers) as Readonly<Record<string, string>>,
    body: body instanceof Uint8Array ? body : new Uint8Array(),
  }
}
