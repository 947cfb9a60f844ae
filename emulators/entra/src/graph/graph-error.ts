import type { FastifyError, FastifyInstance } from 'fastify'
import { EntraError } from '../errors/entra-error.ts'

/** A refusal of Graph (https://learn.microsoft.com/graph/errors). */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly status: number
  readonly code: string

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function badRequest(message: string): GraphError {
  return new GraphError('Request_BadRequest', message)
}

export function notFound(id: string): never {
  throw new GraphError('Request_ResourceNotFound', `Resource '${id}' does not exist.`, 404)
}

export function alreadyExists(message: string): GraphError {
  return new GraphError('Request_MultipleObjectsWithSameKeyValue', message, 409)
}

/** Puts every refusal of a Graph route into Graph's own shape, ordered faults included. */
export function sendGraphErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message, headers = {} } = toGraphError(error)
    if (status >= 500 && !(error instanceof EntraError))
      request.log.error({ err: error }, 'Unexpected error.')
    const { traceId, correlationId, timestamp } = request.trace
    return reply
      .code(status)
      .headers({ ...headers, ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}) })
      .send({
        error: {
          code,
          message,
          innerError: {
            date: timestamp.replace(' ', 'T').replace('Z', ''),
            'request-id': traceId,
            'client-request-id': correlationId,
          },
        },
      })
  })
}

interface Refused {
  readonly status: number
  readonly code: string
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

const codes: Readonly<Record<number, string>> = { 429: 'TooManyRequests', 503: 'ServiceUnavailable' }

function toGraphError(error: unknown): Refused {
  if (error instanceof GraphError) return error
  const { statusCode = 500, message = '' } = error as Partial<FastifyError>
  if (error instanceof EntraError)
    return {
      status: error.status,
      code: codes[error.status] ?? 'Request_BadRequest',
      message,
      headers: error.headers,
    }
  if (statusCode < 500) return { status: statusCode, code: 'Request_BadRequest', message }
  return { status: 500, code: 'InternalServerError', message: 'An unexpected error occurred.' }
}
