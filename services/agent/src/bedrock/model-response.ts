import { randomUUID } from 'node:crypto'
import { parseJsonObject } from '@entra-agents/service-kit'
import type { TokenUsage } from '@entra-agents/trace'
import { AIMessage, type BaseMessage, type ContentBlock, type UsageMetadata } from '@langchain/core/messages'

/** A tool call as the model wrote it. `arguments` is undefined when its JSON is not an object. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>> | undefined
}

/** One complete response of the model. */
export interface ModelResponse {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  /** As Bedrock spells it; undefined when the stream ended without one. */
  readonly stopReason: string | undefined
  readonly usage: TokenUsage | undefined
  /** What the next request repeats to the model, thinking and its signature included. */
  readonly message: AIMessage
}

/** The members that are read from the `AIMessageChunk` into which LangChain joins a stream. */
export interface JoinedMessage {
  readonly text: string
  readonly content: string | ContentBlock[]
  readonly tool_call_chunks?: readonly {
    readonly id?: string | undefined
    readonly name?: string | undefined
    readonly args?: string | undefined
  }[]
  readonly usage_metadata?: UsageMetadata | undefined
  readonly response_metadata?: { readonly messageStop?: { readonly stopReason?: string } }
}

/**
 * Reads a response. A call whose id the model has already given to another call of the turn gets an id of its own.
 *
 * @param earlier the messages before it
 */
export function readResponse(joined: JoinedMessage, earlier: readonly BaseMessage[]): ModelResponse {
  const { text, usage_metadata: usage, response_metadata, tool_call_chunks = [] } = joined
  const taken = new Set(earlier.flatMap(message => (AIMessage.isInstance(message) ? idsOf(message) : [])))
  const toolCalls = tool_call_chunks.map(({ id: given = '', name = '', args = '' }) => {
    const id = given === '' || taken.has(given) ? randomUUID() : given
    taken.add(id)
    return { id, name, arguments: parseArguments(args) }
  })
  return {
    text,
    toolCalls,
    stopReason: response_metadata?.messageStop?.stopReason,
    usage: usage && {
      inputTokens: usage.input_tokens,
      outputTokens: usage.output_tokens,
      cacheReadInputTokens: usage.input_token_details?.cache_read ?? 0,
      cacheWriteInputTokens: usage.input_token_details?.cache_creation ?? 0,
    },
    message: new AIMessage({
      content: contentToRepeat(joined),
      tool_calls: toolCalls.map(call => ({ id: call.id, name: call.name, args: { ...call.arguments } })),
    }),
  }
}

const idsOf = ({ tool_calls = [] }: AIMessage) => tool_calls.flatMap(({ id }) => id ?? [])

/** Thinking, then the text as one block. Bedrock refuses a blank block. */
function contentToRepeat({ content, text }: JoinedMessage): string | ContentBlock[] {
  const said = text.trim() === '' ? '' : text
  const thinking = typeof content === 'string' ? [] : content.filter(({ type }) => type !== 'text')
  if (thinking.length === 0) return said
  return [...thinking, ...(said === '' ? [] : [{ type: 'text', text: said }])]
}

/** Reads the model's own JSON: LangChain repairs truncated JSON in `tool_calls`. Without arguments Claude sends empty text. */
function parseArguments(json: string): ToolCall['arguments'] {
  return json.trim() === '' ? {} : parseJsonObject(json)
}
