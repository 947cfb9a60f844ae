import type { HistoryEntry } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import { openConversation } from './messages.ts'

function conversation(message: string, history: HistoryEntry[]): [string, unknown][] {
  return openConversation({ message, history }, 'Be kind.', 'It is Wednesday.')
    .slice(1)
    .map(entry => [entry.type, entry.content])
}

describe('the conversation sent to Bedrock', () => {
  it('carries the history, so that follow-ups make sense', () => {
    expect(
      conversation('and tomorrow?', [
        { role: 'user', text: 'Weather in Oslo?' },
        { role: 'assistant', text: 'Cold.' },
      ]),
    ).toEqual([
      ['human', 'Weather in Oslo?'],
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
