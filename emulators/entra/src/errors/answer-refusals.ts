import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { EntraError, errorBody, newTrace, type Trace } from './entra-error.ts'

declare module 'fastify' {
  interface FastifyRequest {
    trace: Trace
    /** The code of the refusal that answers this request. */
    aadsts: number | undefined
  }
}

type Query = Readonly<Record<string, string | undefined>>

/** Gives every request its trace and correlation id, and puts refusals on the wire as Entra's JSON. */
export function answerRefusals(app: FastifyInstance, entra: Entra): void {
  app.decorateRequest('trace')
  app.decorateRequest('aadsts', undefined)
  app.addHook('onRequest', async (request, reply) => {
    const header = request.headers['client-request-id']
    const fromQuery = (request.query as Query)['client-request-id']
    request.trace = newTrace(typeof header === 'string' ? header : fromQuery, entra.clock.nowMs())
    reply.header('x-ms-request-id', request.trace.traceId)
    if (request.headers['return-client-request-id'] === 'true')
      reply.header('client-request-id', request.trace.correlationId)
  })

  app.setErrorHandler((error, request, reply) => {
    if (error instanceof EntraError) {
      request.aadsts = error.code
      request.log.info({ aadsts: error.code, correlationId: request.trace.correlationId }, error.message)
      return reply
        .code(error.status)
        .headers({ 'cache-control': 'no-store, no-cache', pragma: 'no-cache', ...error.headers })
        .send(errorBody(error, request.trace, entra.publicUrl))
    }
    const status = statusOf(error)
    if (status >= 500) request.log.error({ err: error }, 'Unexpected error.')
    const unexpected =
      status >= 500
        ? new EntraError(90033, { error: 'server_error' }, 'An unexpected error occurred.')
        : new EntraError(9002313, { error: 'invalid_request' }, (error as Error).message)
    return reply.code(status).send(errorBody(unexpected, request.trace, entra.publicUrl))
  })
}

function statusOf(error: unknown): number {
  const { statusCode } = error as { statusCode?: number }
  return statusCode !== undefined && statusCode >= 400 ? statusCode : 500
}
