import { AIMessage } from '@langchain/core/messages'
import { expect, it } from 'vitest'
import type { ModelResponse } from './model-response.ts'
import { judgeStopReason } from './stop-reason.ts'

const call = { id: 'a', name: 'get_order', arguments: {} }
const parts = {
  text: { text: 'Oslo is', toolCalls: [] },
  'a tool call': { text: '', toolCalls: [call] },
  'text and a tool call': { text: 'Let me look.', toolCalls: [call] },
  nothing: { text: '', toolCalls: [] },
}
const reasons = [
  'tool_use',
  'end_turn',
  'stop_sequence',
  'max_tokens',
  'model_context_window_exceeded',
  'refusal',
  'model_refused',
  'content_filtered',
  'guardrail_intervened',
  'pause_turn',
  'malformed_tool_use',
  'something_new',
  undefined,
]

function judge(response: ModelResponse): string {
  try {
    return Object.values(judgeStopReason(response)).join(', ')
  } catch (error) {
    return (error as { code: string }).code
  }
}

it('A stop reason runs tools only if it is `tool_use`, ends an answer only if it is whole, and is a failure if it is missing', async () => {
  const lines = reasons.flatMap(stopReason =>
    Object.entries(parts).map(([what, part]) => {
      const outcome = judge({ ...part, stopReason, usage: undefined, message: new AIMessage('') })
      return `${stopReason ?? 'none'} after ${what}: ${outcome}\n`
    }),
  )
  await expect(lines.join('')).toMatchFileSnapshot('stop-reason.txt')
})
