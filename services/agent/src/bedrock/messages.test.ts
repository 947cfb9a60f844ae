import type { HistoryEntry } from '@entra-agents/trace'
import { AIMessage, ToolMessage } from '@langchain/core/messages'
import { describe, expect, it } from 'vitest'
import {
  fittingCharacters,
  openConversation,
  restoreMessages,
  storeMessages,
  storeResult,
} from './messages.ts'

function conversation(message: string, history: HistoryEntry[]): [string, unknown][] {
  return openConversation({ message, history }, 'Be kind.', 'It is Wednesday.')
    .slice(1)
    .map(entry => [entry.type, entry.content])
}

describe('the conversation sent to Bedrock', () => {
  it('carries the history, so that follow-ups make sense', () => {
    expect(
      conversation('and tomorrow?', [
        { role: 'user', text: 'Where is order 7?' },
        { role: 'assistant', text: 'Cold.' },
      ]),
    ).toEqual([
      ['human', 'Where is order 7?'],
      ['ai', 'Cold.'],
      ['human', 'and tomorrow?'],
    ])
  })

  it('has no blank messages, which Bedrock answers with 400', () => {
    expect(
      conversation('Hello?', [
        { role: 'user', text: 'Something forbidden' },
        { role: 'assistant', text: ' \n' },
      ]),
    ).toEqual([['human', 'Something forbidden\n\nHello?']])
  })

  it('begins with a user message, and the roles alternate', () => {
    expect(
      conversation('Go on.', [
        { role: 'assistant', text: 'Welcome!' },
        { role: 'user', text: 'Oslo' },
        { role: 'assistant', text: 'Cold.' },
        { role: 'assistant', text: 'And windy.' },
      ]),
    ).toEqual([
      ['human', 'Oslo'],
      ['ai', 'Cold.\n\nAnd windy.'],
      ['human', 'Go on.'],
    ])
  })

  it('tells the model the date', () => {
    const [system] = openConversation({ message: 'Hi', history: [] }, 'Be kind.', 'It is Wednesday.')
    expect(JSON.stringify(system?.content)).toContain('It is Wednesday.')
  })
})

describe('A turn that waits', () => {
  const toolMessage = (content: string) =>
    new ToolMessage({ content: [{ type: 'text', text: content }], tool_call_id: 'call_1', status: 'error' })

  it('keeps each text once, and gets back what the model and the tools wrote', () => {
    const thought = { type: 'reasoning', reasoning: 'Think.', signature: 'c2ln' }
    const call = { id: 'call_1', name: 'read', args: { page: 1 } }
    const asked = new AIMessage({
      content: [thought, { type: 'text', text: 'Reading.' }],
      tool_calls: [call],
    })
    const stored = JSON.stringify(storeMessages([asked, toolMessage('A long text.')], 1_000))
    expect(stored.split('A long text.')).toHaveLength(2)
    expect(stored.split('Think.')).toHaveLength(2)
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
