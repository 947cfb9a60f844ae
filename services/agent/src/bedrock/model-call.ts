import { type BedrockAvailability, type CallPhase, explainFailure } from '@entra-agents/bedrock-access'
import type { ConnectedBedrock } from '@entra-agents/bedrock-access/connection'
import { roundMs } from '@entra-agents/identity/core'
import { genAi } from '@entra-agents/telemetry'
import { BaseCallbackHandler } from '@langchain/core/callbacks/base'
import { AIMessageChunk, type BaseMessage } from '@langchain/core/messages'
import type { Runnable } from '@langchain/core/runnables'
import type { Turn } from '../turn/turn.ts'
import type { AnswerText } from './answer-text.ts'
import { type ModelResponse, readResponse } from './model-response.ts'

/** What a model call needs beside the messages. */
export interface ModelCall {
  readonly turn: Turn
  readonly bedrock: ConnectedBedrock
  readonly availability: BedrockAvailability
  /** The chat model with the tools bound to it. */
  readonly model: Runnable<BaseMessage[], AIMessageChunk>
  /** Names of the tools, for the trace. */
  readonly toolNames: readonly string[]
  /** Takes the text as it comes. */
  readonly answer: AnswerText
  /** Learns which tool the model begins to call, in which step of the trace. */
  readonly callBegins: (tool: string, stepId: string) => void
}

/** Streams one answer of the model as a step of the trace. Throws ProblemErrors of the BEDROCK_* codes. */
export async function callModel(call: ModelCall, messages: BaseMessage[]): Promise<ModelResponse> {
  const { turn, bedrock } = call
  const { modelId, region, maxTokens, temperature } = bedrock.config
  const step = turn.trace.start(
    {
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
          tools: call.toolNames,
          maxTokens,
        },
      },
    },
    {
      name: `chat ${modelId}`,
      attributes: {
        [genAi.operation]: 'chat',
        [genAi.provider]: 'aws.bedrock',
        [genAi.requestModel]: modelId,
        [genAi.requestMaxTokens]: maxTokens,
        [genAi.requestTemperature]: temperature,
        [genAi.requestStream]: true,
      },
    },
  )
  const startedMs = performance.now()
  let phase: CallPhase = 'request'
  let firstEventMs: number | undefined
  let awsRequestId: string | undefined
  // Gets the text of each chunk as it comes; the text is empty for thinking and tool calls. `stream()` would give the
  // same chunks, but needs 0.4 ms more CPU per answer.
  const listener = BaseCallbackHandler.fromMethods({
    handleLLMNewToken: (text, _index, _runId, _parentId, _tags, fields) => {
      firstEventMs ??= roundMs(performance.now() - startedMs)
      call.answer.write(text)
      const name = fields?.chunk && beginningTool(fields.chunk)
      if (name) call.callBegins(name, step.id)
    },
  })
  // The model call waits for the listener, and fails if the listener throws.
  listener.raiseError = true
  listener.awaitHandlers = true
  let joined: AIMessageChunk
  try {
    joined = await bedrock.noteRequestId(
      id => {
        phase = 'stream'
        awsRequestId = id
      },
      () => call.model.invoke(messages, { signal: turn.signal, callbacks: [listener] }),
    )
    turn.signal.throwIfAborted()
  } catch (error) {
    // The turn was aborted, which is no fault of Bedrock; the abort's reason says why.
    if (turn.signal.aborted) throw turn.signal.reason
    const failure = explainFailure(error, bedrock.config, phase)
    call.availability.failed(failure)
    const requestId = failure.options.upstream?.requestId ?? awsRequestId
    step.fail(failure.toDocument(turn.requestId), describeLogIds(requestId))
    throw failure
  }
  const response = readResponse(joined, messages)
  if (response.stopReason !== undefined) call.availability.succeeded()
  const { stopReason, usage } = response
  step.ok(
    {
      response: {
        status: 200,
        body: {
          stopReason: stopReason ?? null,
          usage: usage ?? null,
          firstEventMs,
          toolCalls: response.toolCalls.map(({ name }) => name),
        },
      },
      ...describeLogIds(awsRequestId),
    },
    {
      [genAi.finishReasons]: [stopReason ?? 'error'],
      [genAi.inputTokens]: usage?.inputTokens,
      [genAi.cacheReadInputTokens]: usage?.cacheReadInputTokens,
      [genAi.cacheWriteInputTokens]: usage?.cacheWriteInputTokens,
      [genAi.outputTokens]: usage?.outputTokens,
      [genAi.timeToFirstChunk]: firstEventMs === undefined ? undefined : firstEventMs / 1000,
    },
  )
  return response
}

/** The tool whose call begins with this chunk; later chunks bring the arguments, without the name. */
function beginningTool(chunk: object): string | undefined {
  const message = 'message' in chunk ? chunk.message : undefined
  return AIMessageChunk.isInstance(message) ? message.tool_call_chunks?.[0]?.name : undefined
}

function describeLogIds(awsRequestId: string | undefined) {
  return awsRequestId === undefined ? {} : { logIds: { awsRequestId } }
}
