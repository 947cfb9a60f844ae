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

export function denied(message = 'Insufficient privileges to complete the operation.'): GraphError {
  return new GraphError('Authorization_RequestDenied', message, 403)
}

export function throwNotFound(id: string): never {
  throw new GraphError('Request_ResourceNotFound', `Resource '${id}' does not exist.`, 404)
}

export function alreadyThere(property: string): GraphError {
  return badRequest(
    `One or more added object references already exist for the following modified properties: '${property}'.`,
  )
}

export function duplicateError(message: string): GraphError {
  return new GraphError('Request_MultipleObjectsWithSameKeyValue', message, 409)
}

/** Sends all refusals of Graph's routes in Graph's format, injected faults included. */
export function sendGraphErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    const { status, code, message } = toGraphError(error)
    if (status === 500) request.log.error({ err: error }, 'Unexpected error.')
    const { traceId, correlationId, timestamp } = request.trace
    const date = timestamp.replace(' ', 'T').replace('Z', '')
    const innerError = { date, 'request-id': traceId, 'client-request-id': correlationId }
    if (error instanceof EntraError) reply.headers(error.headers)
    if (status === 401) reply.header('www-authenticate', 'Bearer')
    return reply.code(status).send({ error: { code, message, innerError } })
  })
}

const codesByStatus: Readonly<Record<number, string>> = { 429: 'TooManyRequests', 503: 'ServiceUnavailable' }

function toGraphError(error: unknown): GraphError {
  if (error instanceof GraphError) return error
  const { statusCode = 500, message = '' } = error as Partial<FastifyError>
  const status = error instanceof EntraError ? error.status : statusCode
  return status === 500
    ? new GraphError('InternalServerError', 'An unexpected error occurred.', 500)
    : new GraphError(codesByStatus[status] ?? 'Request_BadRequest', message, status)
}
