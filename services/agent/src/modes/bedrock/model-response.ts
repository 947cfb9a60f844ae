import type { TokenUsage } from '@entra-bedrock-agent/identity-trace'
import { AIMessage, type ContentBlock, type UsageMetadata } from '@langchain/core/messages'

/** A tool call as the model wrote it. `arguments` is undefined when its JSON is not an object. */
export interface ToolCall {
  readonly id: string
  readonly name: string
  readonly arguments: Readonly<Record<string, unknown>> | undefined
}

/** What is read of a chunk that LangChain streams. */
export interface ResponseChunk {
  readonly content: string | readonly ThinkingBlock[]
  readonly tool_call_chunks?: readonly ToolPiece[] | undefined
}

/** What is read of LangChain's message when the stream has ended. */
export interface ResponseEnding {
  readonly usage_metadata?: UsageMetadata | undefined
  readonly response_metadata?: { readonly messageStop?: { readonly stopReason?: string } }
}

type ThinkingBlock = ContentBlock & Record<string, unknown>

interface ToolPiece {
  readonly index?: number | undefined
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly args?: string | undefined
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

interface JoinedTool {
  id: string
  name: string
  json: string
}

/**
 * Puts a streamed answer together. Unlike LangChain's own concatenation it never repairs cut JSON:
 * a tool call is either what the model wrote, or it is not one.
 */
export class ResponseAssembler {
  #text = ''
  readonly #thinking: ThinkingBlock[] = []
  readonly #tools = new Map<number | undefined, JoinedTool>()

  /** Takes the next piece in; returns the text in it that is meant for the user. */
  add(chunk: ResponseChunk): string {
    for (const piece of chunk.tool_call_chunks ?? []) this.#addToolPiece(piece)
    if (typeof chunk.content === 'string') {
      this.#text += chunk.content
      return chunk.content
    }
    for (const block of chunk.content) this.#addThinking(block)
    return ''
  }

  finish({ usage_metadata: usage, response_metadata }: ResponseEnding): ModelResponse {
    const toolCalls = [...this.#tools.values()].map(({ id, name, json }) => ({
      id,
      name,
      arguments: parseArguments(json),
    }))
    return {
      text: this.#text,
      toolCalls,
      stopReason: response_metadata?.messageStop?.stopReason,
      usage: usage && {
        inputTokens: usage.input_tokens,
        outputTokens: usage.output_tokens,
        cacheReadInputTokens: usage.input_token_details?.cache_read ?? 0,
        cacheWriteInputTokens: usage.input_token_details?.cache_creation ?? 0,
      },
      message: new AIMessage({
        content: this.#content(),
        tool_calls: toolCalls.map(call => ({ id: call.id, name: call.name, args: { ...call.arguments } })),
      }),
    }
  }

  #addToolPiece(piece: ToolPiece): void {
    const known = this.#tools.get(piece.index)
    if (known) known.json += piece.args ?? ''
    else {
      this.#tools.set(piece.index, { id: piece.id ?? '', name: piece.name ?? '', json: piece.args ?? '' })
    }
  }

  /** Thinking arrives as text pieces, then its signature; both belong to one block. Redacted thinking is whole. */
  #addThinking(block: ThinkingBlock): void {
    const known =
      block.type === 'reasoning' &&
      this.#thinking.find(other => other.type === 'reasoning' && other['index'] === block['index'])
    if (!known) {
      this.#thinking.push({ ...block })
      return
    }
    known['reasoning'] = `${known['reasoning'] ?? ''}${block['reasoning'] ?? ''}`
    if (block['signature'] !== undefined) known['signature'] = block['signature']
  }

  #content(): string | ContentBlock[] {
    const text = this.#text.trim() === '' ? '' : this.#text
    if (this.#thinking.length === 0) return text
    return [...this.#thinking, ...(text === '' ? [] : [{ type: 'text', text }])]
  }
}

/** An empty input is what Claude sends for a tool without arguments. */
function parseArguments(json: string): ToolCall['arguments'] {
  if (json.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
