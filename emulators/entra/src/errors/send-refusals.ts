import { randomUUID } from 'node:crypto'
import { isGuid } from '@entra-agents/service-kit'
import type { FastifyError, FastifyInstance } from 'fastify'
import { EntraError, errorBody, type RequestIds, timestampOf } from './entra-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    trace: RequestIds
  }
}

type Query = Readonly<Record<string, string | undefined>>

/** Gives every request a trace id and a correlation id (the client's own, if it sent a GUID), and sends refusals as Entra's JSON. */
export function sendRefusals(app: FastifyInstance): void {
  app.decorateRequest('trace')
  app.addHook('onRequest', async (request, reply) => {
    const given = request.headers['client-request-id'] ?? (request.query as Query)['client-request-id']
    request.trace = {
      traceId: randomUUID(),
      correlationId: isGuid(given) ? given : randomUUID(),
      timestamp: timestampOf(request.entra.clock.nowMs()),
    }
    reply.header('x-ms-request-id', request.trace.traceId)
    if (request.headers['return-client-request-id'] === 'true')
      reply.header('client-request-id', request.trace.correlationId)
  })
  // A hook notes the AADSTS code, since a route's own error handler may take the place of the handler below.
  app.addHook('onError', async (request, _reply, error) => {
    request.entra.requests.note(request, { refusal: error.message })
    if (error instanceof EntraError) request.entra.requests.note(request, { aadsts: error.code })
  })
  app.setErrorHandler((error, request, reply) => {
    const { entra, trace } = request
    const refusal = toRefusal(error)
    if (refusal.status >= 500 && refusal !== error) request.log.error({ err: error }, 'Unexpected error.')
    const uncached = refusal === error ? { 'cache-control': 'no-store, no-cache', pragma: 'no-cache' } : {}
    return reply
      .code(refusal.status)
      .headers({ ...uncached, ...refusal.headers })
      .send(errorBody(refusal, trace, entra.publicUrl))
  })
}

/** The refusal of a request that is malformed, or that fails by an error of the emulator. */
function toRefusal(error: unknown): EntraError {
  if (error instanceof EntraError) return error
  const { statusCode: status = 500, message: what = 'request' } = error as Partial<FastifyError>
  return status < 500
    ? new EntraError(9002313, { what }, { error: 'invalid_request', status })
    : new EntraError(90033, {}, { error: 'server_error', status: 500 })
}
