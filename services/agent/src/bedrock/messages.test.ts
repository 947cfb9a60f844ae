import { AIMessage, ToolMessage } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import {
  fittingCharacters,
  openConversation,
  restoreMessages,
  storeMessages,
  storeResult,
} from './messages.ts'

const entry = (role: 'user' | 'assistant', text: string) => ({ role, text })

describe('The conversation sent to Bedrock', () => {
  it.each([
    [
      'carries the history, so that follow-ups make sense',
      [entry('user', 'Where is order 7?'), entry('assistant', 'Cold.')],
      ['human: Where is order 7?', 'ai: Cold.', 'human: Go on.'],
    ],
    [
      'has no blank messages, which Bedrock answers with 400',
      [entry('user', 'Something forbidden'), entry('assistant', ' \n')],
      ['human: Something forbidden\n\nGo on.'],
    ],
    [
      'begins with a user message, and the roles alternate',
      [
        entry('assistant', 'Welcome!'),
        entry('user', 'Oslo'),
        entry('assistant', 'Cold.'),
        entry('assistant', 'And windy.'),
      ],
      ['human: Oslo', 'ai: Cold.\n\nAnd windy.', 'human: Go on.'],
    ],
  ])('%s, after the date', (_what, history, expected) => {
    const [system, ...messages] = openConversation(
      { message: 'Go on.', history },
      'Be kind.',
      'It is Wednesday.',
    )
    expect(JSON.stringify(system?.content)).toContain('It is Wednesday.')
    expect(messages.map(({ type, content }) => `${type}: ${content}`)).toEqual(expected)
  })
})

describe('A turn that waits', () => {
  const toolMessage = (content: string) =>
    new ToolMessage({ content: [{ type: 'text', text: content }], tool_call_id: 'call_1', status: 'error' })

  it('keeps each text once, and gets back what the model and the tools wrote', () => {
    const thought = { type: 'reasoning', reasoning: 'Think.', signature: 'c2ln' }
    const call = { id: 'call_1', name: 'read', args: { page: 1 } }
    const content = [thought, { type: 'text', text: 'Reading.' }]
    const asked = new AIMessage({ content, tool_calls: [call] })
    const stored = JSON.stringify(storeMessages([asked, toolMessage('A long text.')], 1_000))
    for (const text of ['A long text.', 'Think.']) expect(stored.split(text)).toHaveLength(2)
    const [model, tool, ...others] = restoreMessages(JSON.parse(stored))
    expect(others).toEqual([])
    expect(model).toMatchObject({ type: 'ai', content: asked.content, tool_calls: [call] })
    expect(tool).toMatchObject({ ...toolMessage('A long text.') })
  })

  it('keeps results whole as long as all together fit, else the beginnings of the longest, between whole characters', () => {
    const worst = '\u0001'.repeat(20_000)
    expect(fittingCharacters([worst, worst])).toBeGreaterThanOrEqual(20_000)
    const long = '\u{1f600}'.repeat(200_000)
    const characters = fittingCharacters([long, 'short'])
    expect(storeResult('short', characters)).toBe('short')
    const kept = String(storeResult(long, characters + 1))
    expect(kept).toMatch(/\n\[cut: the turn waited for the user\]$/)
    expect(kept.isWellFormed()).toBe(true)
    expect(Buffer.byteLength(kept)).toBeGreaterThan(100_000)
  })
})
