import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { cutConnection } from '../server/connection.ts'
import { wait } from '../server/wait.ts'
import type { Fault } from '../switchboard/fault.ts'
import type { SeenRequest } from '../switchboard/request-log.ts'
import { converseBody } from './answer.ts'
import type { Operation } from './authorise.ts'
import { BedrockError, usualMessages } from './bedrock-error.ts'
import { acceptCall, type BedrockDependencies } from './call.ts'
import { sendStream } from './send-stream.ts'

type ModelRequest = FastifyRequest<{ Params: { modelId: string } }>

/** `Converse` and `ConverseStream` of Amazon Bedrock Runtime. */
export function addBedrockRoutes(app: FastifyInstance, dependencies: BedrockDependencies): void {
  const { switchboard, random } = dependencies

  async function serve(operation: Operation, request: ModelRequest, reply: FastifyReply): Promise<void> {
    const startedMs = performance.now()
    const seen = switchboard.requests.open(request, operation)
    const gone = new AbortController()
    reply.raw.once('close', () => {
      seen.durationMs = Math.round(performance.now() - startedMs)
      seen.outcome ??= reply.raw.writableEnded ? 'complete' : 'client-closed'
      gone.abort()
    })
    reply.hijack()
    const { raw } = reply
    try {
      const call = acceptCall(dependencies, operation, request, seen)
      if (call.fault && (await answerInstead(call.fault, reply, seen, gone.signal))) return
      seen.status = 200
      seen.stopReason = call.generation.stopReason
      if (operation === 'ConverseStream') {
        raw.writeHead(200, headers('application/vnd.amazon.eventstream', seen.id))
        return await sendStream(call, { raw, seen, signal: gone.signal, random, startedMs })
      }
      const { firstTokenMs, tokenDelayMs } = call.pace
      await wait(firstTokenMs + tokenDelayMs * call.usage.outputTokens, gone.signal)
      const latencyMs = Math.round(performance.now() - startedMs)
      sendJson(reply, 200, seen.id, converseBody(call.generation, call.usage, latencyMs))
    } catch (error) {
      sendError(reply, seen, error)
    }
  }

  app.post('/model/:modelId/converse', (request: ModelRequest, reply) => serve('Converse', request, reply))
  app.post('/model/:modelId/converse-stream', (request: ModelRequest, reply) =>
    serve('ConverseStream', request, reply),
  )
  app.all('/model/*', async (request, reply) => {
    const seen = switchboard.requests.open(request, 'unknown')
    reply.hijack()
    sendError(
      reply,
      seen,
      new BedrockError('UnknownOperationException', 'The operation is not known.', 'front'),
    )
  })
}

/** Faults that leave no answer to stream. @returns whether the request is over */
async function answerInstead(
  fault: Fault,
  reply: FastifyReply,
  seen: SeenRequest,
  signal: AbortSignal,
): Promise<boolean> {
  switch (fault.kind) {
    case 'error':
      throw new BedrockError(fault.name, fault.message ?? usualMessages[fault.name] ?? 'Emulated failure.')
    case 'html':
      seen.status = fault.status ?? 502
      reply.raw.writeHead(seen.status, { 'content-type': 'text/html' })
      reply.raw.end(`<html><body><h1>${seen.status} Emulated failure of a proxy</h1></body></html>`)
      return true
    case 'reset':
      seen.outcome = 'broken'
      cutConnection(reply.raw)
      return true
    case 'hang':
      await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
      return true
    default:
      return false
  }
}

function sendError(reply: FastifyReply, seen: SeenRequest, error: unknown): void {
  const known =
    error instanceof BedrockError
      ? error
      : new BedrockError('InternalServerException', 'The stand-in itself failed; see its log.')
  if (known !== error) reply.log.error({ err: error }, 'The stand-in failed.')
  seen.status = known.status
  seen.error = known.name
  if (reply.raw.headersSent) cutConnection(reply.raw)
  else sendJson(reply, known.status, seen.id, known.body, known.headers)
}

function sendJson(
  { raw }: FastifyReply,
  status: number,
  requestId: string,
  body: unknown,
  extra: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(JSON.stringify(body))
  raw.writeHead(status, {
    ...headers('application/json', requestId),
    'content-length': bytes.length,
    ...extra,
  })
  raw.end(bytes)
}

function headers(contentType: string, requestId: string) {
  return { 'content-type': contentType, 'x-amzn-requestid': requestId }
}
