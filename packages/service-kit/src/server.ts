import type { IncomingMessage } from 'node:http'
import Fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RawServerDefault,
} from 'fastify'
import type { DestinationStream } from 'pino'
import { answerClientError } from './client-errors.ts'
import { loggerOptions } from './logger.ts'
import { answerWithProblems, problemHeaders, sendProblem } from './problem-responses.ts'
import { commonProblem, toProblem } from './problems.ts'
import { chooseRequestId } from './request-id.ts'

type FastifyOptions = FastifyHttpOptions<RawServerDefault>

export interface ServerOptions extends Omit<FastifyOptions, 'http' | 'logger' | 'requestTimeout'> {
  readonly logLevel: string
  /** Where log lines go; default: standard output. */
  readonly logStream?: DestinationStream | undefined
  /** Whether log lines have the ids of the trace that they belong to. */
  readonly traced?: boolean
  /** How long a client may take to send its headers. Default: 10 s. */
  readonly headersTimeoutMs?: number
  /** How long a client may take to send a whole request. Default: 30 s. */
  readonly requestTimeoutMs?: number
  /** Connections beyond it are closed at once. Default: 10,000. */
  readonly maxConnections?: number
}

/**
 * A Fastify app as every service starts from: whatever goes wrong is answered with a problem, early faults included;
 * slow clients are let go in time; bodies are JSON and taken as they are; log lines hold nothing that callers wrote.
 */
export function createServer({ maxConnections = 10_000, ...options }: ServerOptions): FastifyInstance {
  const shared = serverOptions(options)
  // Node would answer a missing Host without a word.
  const app = Fastify({ ...shared, http: { ...shared.http, requireHostHeader: false } })
  app.server.maxConnections = maxConnections
  app.removeContentTypeParser('text/plain')
  // The schemas of responses are for those who read them; to apply them costs more than the whole of JSON.stringify.
  app.setSerializerCompiler(() => JSON.stringify)
  answerWithProblems(app)
  app.addHook('onRequest', refuseUnclearHeaders)
  return app
}

/**
 * Schemas are this project's own, and Ajv still refuses keywords and types that it does not know. To hold them to the
 * meta-schema as well, it would compile that first, which takes longer than compiling all of them.
 */
export const trustedSchemas = { validateSchema: false } as const

/** The options behind `createServer`, for an app whose responses are not this project's own, such as an emulator's. */
export function serverOptions(options: Omit<ServerOptions, 'maxConnections'>) {
  const {
    logLevel,
    logStream,
    traced = false,
    headersTimeoutMs = 10_000,
    requestTimeoutMs = 30_000,
    ...own
  } = options
  return {
    logger: { ...loggerOptions(logLevel, traced), ...(logStream ? { stream: logStream } : {}) },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: chooseRequestId,
    // While stopping, what still arrives on open connections is answered; readiness already says not to send more.
    return503OnClosing: false,
    ajv: {
      customOptions: { ...trustedSchemas, removeAdditional: false, coerceTypes: false, useDefaults: false },
    },
    frameworkErrors: (error, request, reply) => {
      sendProblem(request, reply.headers(problemHeaders(request.id)), toProblem(error))
    },
    clientErrorHandler: answerClientError,
    ...own,
    requestTimeout: requestTimeoutMs,
    // Node enforces both time-outs at this interval only, and takes headersTimeout only when a server is made.
    http: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 500,
    },
  } satisfies FastifyOptions
}

/** One `Host` (https://www.rfc-editor.org/rfc/rfc9112#section-3.2), and one `Content-Type`, of which others may read the second. */
function refuseUnclearHeaders({ raw }: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const hosts = valuesOfHeader(raw, 'host').length
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
    throw commonProblem('INVALID_REQUEST', `The request has ${hosts} Host headers instead of one.`)
  }
  if (valuesOfHeader(raw, 'content-type').length > 1) {
    throw commonProblem('INVALID_REQUEST', 'The request has more than one Content-Type header.')
  }
  done()
}

/** A header's values, as often as it came: of some that may come once only Node keeps the first and drops the others. */
export function valuesOfHeader({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
