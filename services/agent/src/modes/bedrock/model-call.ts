import type { BaseMessage } from '@langchain/core/messages'
import type { BedrockAvailability } from '../../model/availability.ts'
import type { ConnectedBedrock } from '../../model/connection.ts'
import type { CallPhase } from '../../model/failure-signs.ts'
import { explainFailure } from '../../model/failures.ts'
import { type Reply, ReplyAssembler } from './model-response.ts'
import { toolSpecifications } from './tool-calls.ts'
import type { Turn } from '../../turn/turn.ts'

/** What a model call needs beside the messages. */
export interface ModelCall {
  readonly turn: Turn
  readonly bedrock: ConnectedBedrock
  readonly availability: BedrockAvailability
  /** Called with answer text as it comes. */
  readonly write: (text: string) => void
}

/** Streams one answer of the model as a step of the trace. Throws ProblemErrors of the BEDROCK_* codes. */
export async function callModel(call: ModelCall, messages: BaseMessage[]): Promise<Reply> {
  const { turn, bedrock } = call
  const { modelId, region, maxTokens } = bedrock.config
  const step = turn.trace.start({
    kind: 'model',
    from: 'agent',
    to: 'bedrock',
    title: `${modelId} in ${region}`,
    request: {
      method: 'POST',
      url: bedrock.url,
      headers: { 'content-type': 'application/json' },
      body: {
        messages: messages.length - 1,
        tools: toolSpecifications.map(tool => tool.toolSpec.name),
        maxTokens,
      },
    },
  })
  const startedMs = performance.now()
  let phase: CallPhase = 'request'
  let firstEventMs: number | undefined
  const assembler = new ReplyAssembler()
  try {
    // One level below `stream()`: that would keep a second copy of the answer and show it to LangChain's callbacks.
    const chunks = bedrock.chatModel._streamResponseChunks(messages, {
      tools: toolSpecifications,
      signal: turn.signal,
    })
    for await (const { message } of chunks) {
      phase = 'stream'
      firstEventMs ??= Math.round((performance.now() - startedMs) * 10) / 10
      call.write(assembler.add(message))
    }
    turn.signal.throwIfAborted()
  } catch (error) {
    // The turn's own end, not Bedrock's fault; whoever aborted says why.
    if (turn.signal.aborted) throw turn.signal.reason
    const failure = explainFailure(error, bedrock.config, phase)
    call.availability.failed(failure)
    step.fail(failure.toDocument(turn.requestId))
    throw failure
  }
  const reply = assembler.finish()
  if (reply.stopReason !== undefined) call.availability.succeeded()
  step.ok({
    response: {
      status: 200,
      body: {
        stopReason: reply.stopReason ?? null,
        usage: reply.usage ?? null,
        firstEventMs,
        toolCalls: reply.toolCalls.map(({ name }) => name),
      },
    },
  })
  return reply
}
