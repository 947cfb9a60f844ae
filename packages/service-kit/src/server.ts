import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
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

type FastifyOptions = FastifyHttpOptions<RawServerDefault>

export interface ServerOptions extends Omit<FastifyOptions, 'http' | 'logger' | 'requestTimeout'> {
  readonly logLevel: string
  /** The destination of the log; default: standard output. */
  readonly logStream?: DestinationStream | undefined
  /** Whether log lines have the ids of their trace. */
  readonly traced?: boolean
  /** How long a client may take to send its headers. Default: 10 s. */
  readonly headersTimeoutMs?: number
  /** How long a client may take to send a whole request. Default: 30 s. */
  readonly requestTimeoutMs?: number
  /** How many connections may be open; any more are closed immediately. Default: 10,000. */
  readonly maxConnections?: number
}

/**
 * The Fastify app of every service. It responds to each error, even before routing, with a problem document; slow clients time
 * out; only JSON bodies are read, types are coerced only if `options` say so; nothing that callers sent is logged.
 */
export function createServer({ maxConnections = 10_000, ...options }: ServerOptions): FastifyInstance {
  const shared = serverOptions(options)
  // Node would respond to a missing Host without a problem document.
  const app = Fastify({ ...shared, http: { ...shared.http, requireHostHeader: false } })
  app.server.maxConnections = maxConnections
  app.removeContentTypeParser('text/plain')
  // Schemas of responses are documentation: serializers compiled from them take more time than JSON.stringify.
  app.setSerializerCompiler(() => JSON.stringify)
  answerWithProblems(app)
  app.addHook('onRequest', refuseUnclearHeaders)
  closeUnusedConnections(app)
  return app
}

/**
 * Closes the connections on which nothing was received when the app stops. Browsers and proxies open such connections in advance, and
 * Node keeps the server open until the clients close them (https://github.com/nodejs/node/issues/63452).
 */
export function closeUnusedConnections(app: FastifyInstance): void {
  const connections = new Set<Socket>()
  app.server.on('connection', socket => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  app.addHook('preClose', async () => {
    for (const socket of connections) if (socket.bytesRead === 0) socket.destroy()
  })
}

/**
 * Ajv does not validate schemas against the meta-schema, whose compilation would take longer than that of all schemas. The
 * schemas are this project's own, and Ajv still refuses unknown keywords and types.
 */
export const noSchemaCheck = { validateSchema: false } as const

/** The options of `createServer`, for apps that respond in another format, such as emulators. */
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
    // While the service stops, it still serves requests on open connections; only its readiness check fails.
    return503OnClosing: false,
    ajv: {
      customOptions: { ...noSchemaCheck, removeAdditional: false, coerceTypes: false, useDefaults: false },
    },
    frameworkErrors: (error, request, reply) => {
      sendProblem(request, reply.headers(problemHeaders(request.id)), toProblem(error))
    },
    clientErrorHandler: answerClientError,
    ...own,
    requestTimeout: requestTimeoutMs,
    // Node checks both time-outs at each `connectionsCheckingInterval`; it reads headersTimeout only when it creates the server.
    http: {
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 500,
    },
  } satisfies FastifyOptions
}

/**
 * A UUID (Envoy) or 32 hexadecimal digits (nginx, trace ids). Anything else could be text of a caller, which must not get
 * into the log.
 */
const gatewayIdPattern = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/i

/** The caller's `X-Request-Id` where it has the form of an id, else a new one. */
function chooseRequestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const id = headers['x-request-id']
  return typeof id === 'string' && gatewayIdPattern.test(id) ? id : randomUUID()
}

/**
 * Refuses requests with several `Host` (https://www.rfc-editor.org/rfc/rfc9112#section-3.2) or `Content-Type` headers, which
 * proxies may read differently.
 */
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

/** All values of a header. Of some headers Node keeps the first value only. */
export function valuesOfHeader({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name)
}
