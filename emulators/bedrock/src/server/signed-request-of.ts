import type { FastifyRequest } from 'fastify'
import type { SignedRequest } from '../signing/signed-request.ts'

/** The raw request behind a Fastify one whose body was read as bytes. */
export function signedRequestOf({ raw, body }: FastifyRequest): SignedRequest {
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
