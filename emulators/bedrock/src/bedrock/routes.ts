import type { FastifyInstance } from 'fastify'
import { respond } from '../model/model.ts'
import { BedrockError } from '../wire/bedrock-error.ts'
import { acceptCall, type BedrockDependencies, type ModelRequest } from './accept-call.ts'
import { generate } from './generate.ts'
import { sendStream } from './send-stream.ts'

/** `ConverseStream` of Amazon Bedrock Runtime. */
export function addBedrockRoutes(app: FastifyInstance, dependencies: BedrockDependencies): void {
  const { controls, random } = dependencies

  app.post('/model/:modelId/converse-stream', async (request: ModelRequest, reply) => {
    const startedMs = performance.now()
    reply.header('x-amzn-requestid', request.id)
    const { converse, model, prefixes } = await acceptCall(dependencies, request)
    const effect = await controls.faults.apply(reply)
    if (reply.sent) return reply
    if (effect?.error) throw effect.error

    const gone = new AbortController()
    reply.raw.once('close', () => {
      const ended = reply.raw.writableEnded ? 'complete' : 'client-closed'
      controls.requests.note(request, { outcome: effect?.breaks ? 'broken' : ended })
      gone.abort()
    })
    const answer = effect?.answer ?? respond(converse)
    const generation = generate(answer, converse.inferenceConfig?.maxTokens ?? 4_096, random)
    controls.requests.note(request, { stopReason: generation.stopReason })
    const { outputTokens } = generation
    const input = controls.promptCache.use(model, prefixes)
    controls.requests.note(request, input)
    const totalTokens = (prefixes.at(-1)?.tokens ?? 0) + outputTokens
    const usage = { ...input, outputTokens, totalTokens, serverToolUsage: {} }
    const pace = controls.settings.current
    const call = { generation, usage, pace, breaks: effect?.breaks, random, startedMs, signal: gone.signal }
    return sendStream(reply, call, eventsSent => controls.requests.note(request, { eventsSent }))
  })
  app.all('/model/*', async () => {
    throw new BedrockError('UnknownOperationException', 'The operation is not known.', 'front')
  })
  app.setErrorHandler((error, request, reply) => {
    const known =
      error instanceof BedrockError
        ? error
        : new BedrockError('InternalServerException', 'The emulator itself failed; see its log.')
    if (known !== error) request.log.error({ err: error }, 'The emulator failed.')
    controls.requests.note(request, { error: known.name })
    const body = Buffer.from(JSON.stringify(known.body))
    return reply.code(known.status).headers(known.headers).type('application/json').send(body)
  })
}
