import type { FastifyInstance } from 'fastify'
import { respond } from '../model/model.ts'
import { followScript } from '../model/script.ts'
import { BedrockError } from '../wire/bedrock-error.ts'
import { acceptCall, type BedrockDependencies, type ModelRequest } from './accept-call.ts'
import { generate, sendMessage, sendStream } from './send-answer.ts'

/** Operations of Amazon Bedrock Runtime: the action that a policy must allow for each, and how its answer is sent. */
// biome-ignore format: table
const operations = [
  { operation: 'Converse', path: 'converse', action: 'bedrock:InvokeModel', send: sendMessage },
  { operation: 'ConverseStream', path: 'converse-stream', action: 'bedrock:InvokeModelWithResponseStream', send: sendStream },
] as const

export function addBedrockRoutes(app: FastifyInstance, dependencies: BedrockDependencies): void {
  const { controls, random } = dependencies

  for (const { path, send, ...operation } of operations)
    app.post(`/model/:modelId/${path}`, async (request: ModelRequest, reply) => {
      const startedMs = performance.now()
      reply.header('x-amzn-requestid', request.id)
      const { converse, model, prefixes } = await acceptCall(dependencies, request, operation)
      const effect = await controls.faults.apply(reply)
      if (reply.sent) return reply
      if (effect?.error) throw effect.error

      const { script, obeysResults, ...pace } = controls.settings.current
      const answer =
        effect?.answer ?? (script ? followScript(script, converse) : respond(converse, obeysResults))
      const gone = new AbortController()
      reply.raw.once('close', () => {
        const ended = reply.raw.writableEnded ? 'complete' : 'client-closed'
        controls.requests.note(request, { outcome: effect?.breaks ? 'broken' : ended })
        gone.abort()
      })
      const generation = generate(answer, converse.inferenceConfig?.maxTokens ?? 4_096, random)
      const { outputTokens, stopReason } = generation
      const input = controls.promptCache.use(model, prefixes)
      controls.requests.note(request, { stopReason, ...input })
      controls.trail.end(request, {})
      const totalTokens = (prefixes.at(-1)?.tokens ?? 0) + outputTokens
      const usage = { ...input, outputTokens, totalTokens, serverToolUsage: {} }
      const call = { generation, usage, pace, breaks: effect?.breaks, random, startedMs, signal: gone.signal }
      return send(reply, call, eventsSent => controls.requests.note(request, { eventsSent }))
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
    const errorCode = known.name === 'AccessDeniedException' ? 'AccessDenied' : known.name
    controls.trail.end(request, { errorCode, errorMessage: known.message })
    const body = Buffer.from(JSON.stringify(known.body))
    return reply.code(known.status).headers(known.headers).type('application/json').send(body)
  })
}
