import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { markSpanFailed } from './active-span.ts'
import { commonProblem, type ProblemError, toProblem } from './problems.ts'

/** Headers of every response that is not a page: no caching, no rendering, no framing, no content sniffing. */
function strictHeaders(requestId: string): Readonly<Record<string, string>> {
  return {
    'x-request-id': requestId,
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}

export function problemHeaders(requestId: string): Readonly<Record<string, string>> {
  return { ...strictHeaders(requestId), 'content-type': 'application/problem+json' }
}

/**
 * Gives all responses of an app the strict headers, and responds to errors and unknown URLs with problem documents. `createServer`
 * calls it before anything can be added to the app; routes that serve pages replace the headers.
 */
export function answerWithProblems(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(strictHeaders(request.id))
    done()
  })
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, problemOf(request, error)))
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      request,
      reply,
      commonProblem('NOT_FOUND', `There is no ${request.method} ${request.url.split('?', 1)[0]}.`),
    ),
  )
}

/** Sends one problem as `application/problem+json` and logs it. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: ProblemError,
): FastifyReply {
  logProblem(request.log, problem)
  markSpanFailed(problem.code)
  return reply
    .code(problem.kind.status)
    .headers(problem.options.headers ?? {})
    .type('application/problem+json')
    .send(problem.toDocument(request.id))
}

/** The problem of an error: `REQUEST_ABORTED` if the client has closed the connection, whatever the error is. */
function problemOf({ socket }: FastifyRequest, error: unknown): ProblemError {
  return socket.destroyed || socket.remoteAddress === undefined
    ? commonProblem('REQUEST_ABORTED', 'The client closed the connection.')
    : toProblem(error)
}

/**
 * Logs a problem: with status 500 and above as an error, else as information. Does not log the detail of a client's error,
 * since it may quote the client, nor the stack of an expected error.
 */
export function logProblem(
  log: Pick<FastifyBaseLogger, 'error' | 'info'>,
  { code, kind, message, options }: ProblemError,
): void {
  if (kind.status < 500) {
    log.info({ code }, kind.title)
  } else if (code === 'INTERNAL_ERROR') {
    log.error({ code, err: options.cause }, kind.title)
  } else {
    const { code: reason } = (options.cause ?? {}) as NodeJS.ErrnoException
    log.error({ code, detail: message, upstream: options.upstream, reason }, kind.title)
  }
}
