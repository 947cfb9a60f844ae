import { bedrockProblem } from '@entra-agents/bedrock-access'
import { problem } from '../problems.ts'
import type { AnsweredTurn } from '../turn/turn.ts'
import type { ModelResponse } from './model-response.ts'

export type StopVerdict =
  | { readonly next: 'tools' }
  | { readonly next: 'end'; readonly finishReason: AnsweredTurn['finishReason'] }

const completeReasons = new Set(['end_turn', 'stop_sequence'])
const cutShortReasons = new Set(['max_tokens', 'model_context_window_exceeded'])
const malformedReasons = new Set(['malformed_model_output', 'malformed_tool_use'])
const declinedReasons = /refus|guardrail|filtered/

/**
 * Decides what an answer's stop reason means. Only `tool_use` runs tools: a call that was cut off must never run.
 * Stop reasons: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_MessageStopEvent.html;
 * newer models add stop reasons, so unknown ones are expected.
 */
export function judgeStopReason({ stopReason, text, toolCalls }: ModelResponse): StopVerdict {
  if (stopReason === undefined) throw brokenStream('The stream from Bedrock ended without a stop reason.')
  if (malformedReasons.has(stopReason))
    throw brokenStream(`The model wrote what cannot be read (${stopReason}).`)
  if (declinedReasons.test(stopReason)) return { next: 'end', finishReason: 'refusal' }
  if (cutShortReasons.has(stopReason)) return judgeCutShort(text, toolCalls.length)
  if (stopReason === 'tool_use' && toolCalls.length > 0) return { next: 'tools' }
  if (!completeReasons.has(stopReason) && (toolCalls.length > 0 || stopReason === 'tool_use')) {
    throw brokenStream(`The model stopped with “${stopReason}”, which does not fit its tool calls.`)
  }
  return { next: 'end', finishReason: 'stop' }
}

function judgeCutShort(text: string, toolCalls: number): StopVerdict {
  if (toolCalls > 0) {
    throw problem('ANSWER_TRUNCATED', 'The token limit cut a tool call off; it was not run.')
  }
  if (text.trim() === '') {
    throw problem('ANSWER_TRUNCATED', 'The token limit was reached before the answer began.')
  }
  return { next: 'end', finishReason: 'length' }
}

function brokenStream(detail: string) {
  return bedrockProblem('BEDROCK_STREAM_BROKEN', detail)
}
