import { AIMessage } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import type { ModelResponse } from './model-response.ts'
import { judgeStopReason } from './stop-reason.ts'

function reply(stopReason: string | undefined, parts: { text?: string; tools?: number } = {}): ModelResponse {
  return {
    stopReason,
    text: parts.text ?? '',
    toolCalls: Array.from({ length: parts.tools ?? 0 }, () => ({
      id: 'a',
      name: 'get_order',
      arguments: {},
    })),
    usage: undefined,
    message: new AIMessage(''),
  }
}

const codeOf = (given: ModelResponse): unknown => {
  try {
    return judgeStopReason(given)
  } catch (error) {
    return (error as { code?: unknown }).code
  }
}

describe('a stop reason', () => {
  it('runs tools only if it is `tool_use` and the reply has tool calls', () => {
    expect(judgeStopReason(reply('tool_use', { tools: 1 }))).toEqual({ next: 'tools' })
    expect(codeOf(reply('tool_use'))).toBe('BEDROCK_STREAM_BROKEN')
  })

  it.each([
    ['max_tokens', 'ANSWER_TRUNCATED'],
    ['refusal', { next: 'end', finishReason: 'refusal' }],
    ['end_turn', { next: 'end', finishReason: 'stop' }],
    ['pause_turn', 'BEDROCK_STREAM_BROKEN'],
    ['malformed_tool_use', 'BEDROCK_STREAM_BROKEN'],
    [undefined, 'BEDROCK_STREAM_BROKEN'],
  ])('other than `tool_use` runs no tools, even if the reply has tool calls: %s', (reason, outcome) => {
    expect(codeOf(reply(reason, { text: 'x', tools: 1 }))).toEqual(outcome)
  })

  it.each(['end_turn', 'stop_sequence'])('ends the answer without a fault: %s', reason => {
    expect(judgeStopReason(reply(reason, { text: 'Hello.' }))).toEqual({ next: 'end', finishReason: 'stop' })
  })

  it.each(['refusal', 'model_refused', 'content_filtered', 'guardrail_intervened'])(
    'is a refusal: %s',
    reason => {
      expect(judgeStopReason(reply(reason))).toEqual({ next: 'end', finishReason: 'refusal' })
    },
  )

  it.each(['max_tokens', 'model_context_window_exceeded'])('cuts an answer short: %s', reason => {
    expect(judgeStopReason(reply(reason, { text: 'Oslo is' }))).toEqual({
      next: 'end',
      finishReason: 'length',
    })
    expect(codeOf(reply(reason, { text: 'Let me look.', tools: 1 }))).toBe('ANSWER_TRUNCATED')
    expect(codeOf(reply(reason))).toBe('ANSWER_TRUNCATED')
  })

  it('that is missing when the stream ends is a failure', () => {
    expect(codeOf(reply(undefined, { text: 'Oslo is' }))).toBe('BEDROCK_STREAM_BROKEN')
  })

  it('that is unknown ends an answer, but runs no tools', () => {
    expect(judgeStopReason(reply('something_new', { text: 'Hello.' }))).toEqual({
      next: 'end',
      finishReason: 'stop',
    })
    expect(codeOf(reply('something_new', { tools: 1 }))).toBe('BEDROCK_STREAM_BROKEN')
  })
})
