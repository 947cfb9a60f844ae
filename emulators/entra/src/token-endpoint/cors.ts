import type { FastifyReply } from 'fastify'
import type { Entra } from '../entra.ts'

/** Whether an origin is that of one of these redirect URIs. */
export function allowsOrigin(redirectUris: readonly string[], origin: string): boolean {
  return redirectUris.some(uri => URL.parse(uri)?.origin === origin)
}

/** Lets the pages of registered single-page applications read the answer, refusals included. */
export function shareWithPages(entra: Entra, origin: string | undefined, reply: FastifyReply): void {
  reply.header('vary', 'Origin')
  const redirectUris = entra.directory.content.applications.flatMap(({ spa }) => spa.redirectUris)
  if (origin === undefined || !allowsOrigin(redirectUris, origin)) return
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'x-ms-request-id, client-request-id, retry-after',
  })
}
