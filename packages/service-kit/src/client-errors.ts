import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { ConnectionError, FastifyInstance } from 'fastify'
import { problemHeaders } from './problem-responses.ts'
import { commonProblem, type ProblemError } from './problems.ts'

// Importing node:http would read its export WebSocket and so load Node's undici, which takes a tenth of a service's start-up.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/**
 * Responds to connections without a valid request (no HTTP, headers too large, too slow) and closes them. Only the error's
 * code is logged, since the error contains bytes that the client sent.
 */
export function answerClientError(this: FastifyInstance, error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const requestId = randomUUID()
  const problem = problemOf(error)
  this.log.info({ requestId, code: problem.code, reason: error.code }, problem.kind.title)
  socket.write(formatResponse(problem, requestId))
  socket.destroySoon()
}

function problemOf({ code }: ConnectionError): ProblemError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return commonProblem('REQUEST_TIMEOUT', 'The request was not complete in time.')
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return commonProblem('HEADERS_TOO_LARGE', 'The headers are over the limit.')
  }
  return commonProblem('INVALID_REQUEST', 'This is no well-formed HTTP/1.1 request.')
}

function formatResponse(problem: ProblemError, requestId: string): string {
  const { status } = problem.kind
  const body = JSON.stringify(problem.toDocument(requestId))
  const headers = {
    ...problemHeaders(requestId),
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`
}
