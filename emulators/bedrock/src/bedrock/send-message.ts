import type { FastifyReply } from 'fastify'
import type { Generation } from './generate.ts'
import { type AnsweredCall, waitUnlessAborted } from './send-stream.ts'

/** Sends an answer as one JSON document, when a stream of it would have ended. A fault that breaks streams breaks it off in its middle. */
export async function sendMessage(reply: FastifyReply, call: AnsweredCall): Promise<void> {
  const { generation, usage, pace, breaks, startedMs, signal } = call
  const { raw } = reply.hijack()
  await waitUnlessAborted(pace.firstTokenMs + generation.outputTokens * pace.tokenDelayMs, signal)
  const message = { role: 'assistant', content: generation.blocks.map(joinTokens) }
  const metrics = { latencyMs: Math.round(performance.now() - startedMs) }
  const body = JSON.stringify({ output: { message }, stopReason: generation.stopReason, usage, metrics })
  raw.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': reply.request.id })
  if (!breaks) raw.end(body)
  else raw.write(body.slice(0, body.length / 2), () => breaks.end(raw))
}

function joinTokens({ block, tokens }: Generation['blocks'][number]) {
  const text = tokens.join('')
  if (block.type === 'text') return { text }
  const { name, toolUseId } = block
  // An input that the token limit cut off is no JSON.
  const input: unknown = text === JSON.stringify(block.input) ? block.input : {}
  return { toolUse: { name, toolUseId, type: 'tool_use', input } }
}
