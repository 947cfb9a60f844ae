import { problem } from '../problems.ts'
import type { Answered } from '../turn/turn.ts'
import type { ModelResponse } from './model-response.ts'

export type Verdict =
  | { readonly next: 'tools' }
  | { readonly next: 'end'; readonly finishReason: Answered['finishReason'] }

const complete = new Set(['end_turn', 'stop_sequence'])
const cutShort = new Set(['max_tokens', 'model_context_window_exceeded'])
const malformed = new Set(['malformed_model_output', 'malformed_tool_use'])
const declined = /refus|guardrail|filtered/

/**
 * Decides what an answer's stop reason means. Only `tool_use` runs tools: a call that was cut off must never run.
 * Stop reasons: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html;
 * newer models add stop reasons, so unknown ones are expected.
 */
export function judge({ stopReason, text, toolCalls }: ModelResponse): Verdict {
  if (stopReason === undefined) throw broken('The stream from Bedrock ended without a stop reason.')
  if (malformed.has(stopReason)) throw broken(`The model wrote what cannot be read (${stopReason}).`)
  if (declined.test(stopReason)) return { next: 'end', finishReason: 'refusal' }
  if (cutShort.has(stopReason)) return judgeCutShort(text, toolCalls.length)
  if (stopReason === 'tool_use' && toolCalls.length > 0) return { next: 'tools' }
  if (!complete.has(stopReason) && (toolCalls.length > 0 || stopReason === 'tool_use')) {
    throw broken(`The model stopped with “${stopReason}”, which does not fit its tool calls.`)
  }
  return { next: 'end', finishReason: 'stop' }
}

function judgeCutShort(text: string, toolCalls: number): Verdict {
  if (toolCalls > 0) {
    throw problem('ANSWER_TRUNCATED', 'The token limit cut a tool call off; it was not run.')
  }
  if (text.trim() === '') {
    throw problem('ANSWER_TRUNCATED', 'The token limit was reached before the answer began.')
  }
  return { next: 'end', finishReason: 'length' }
}

function broken(detail: string) {
  return problem('BEDROCK_STREAM_BROKEN', detail)
}
