import type { FastifyError, FastifyInstance } from 'fastify'
import { EntraError } from '../errors/entra-error.ts'

/** A refusal of Graph (https://learn.microsoft.com/graph/errors). */
export class GraphError extends Error {
  override readonly name = 'GraphError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function badRequest(message: string): GraphError {
  return new GraphError(400, 'Request_BadRequest', message)
}

export function notFound(id: string): never {
  throw new GraphError(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  )
}

export function alreadyExists(message: string): GraphError {
  return new GraphError(409, 'Request_MultipleObjectsWithSameKeyValue', message)
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

function toGraphError(error: unknown): Refused {
  if (error instanceof GraphError) return error
  if (error instanceof EntraError) {
    const { status, message, headers } = error
    if (status === 429) return { status, code: 'TooManyRequests', message, headers }
    if (status === 503) return { status, code: 'ServiceUnavailable', message, headers }
    return { status, code: 'Request_BadRequest', message, headers }
  }
  const { validation, statusCode = 500, message = '' } = error as Partial<FastifyError>
  if (validation || statusCode < 500)
    return { status: validation ? 400 : statusCode, code: 'Request_BadRequest', message }
  return { status: 500, code: 'InternalServerError', message: 'An unexpected error occurred.' }
}
