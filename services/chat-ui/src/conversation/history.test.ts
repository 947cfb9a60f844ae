import { chatLimits } from '@entra-bedrock-agent/identity-trace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Exchange, startExchange } from './exchange.ts'
import { historyFor } from './history.ts'
import type { Owner, Speaker } from './speaker.ts'

const agent: Owner = { kind: 'agent' }
const agentItself: Speaker = { kind: 'agent', userToken: undefined }
const ofUser = (objectId: string): Owner => ({ kind: 'user', objectId })
const asUser = (objectId: string): Speaker => ({ kind: 'user', objectId, userToken: `tc-of-${objectId}` })

function answered(message: string, answer: string, more: Partial<Exchange> = {}): Exchange {
  return {
    ...startExchange({ message, mode: 'direct', flow: 'autonomous' }),
    state: 'done',
    owner: agent,
    answer,
    ...more,
  }
}

describe('historyFor', () => {
  it('leaves out what was not answered', () => {
    const exchanges = [
      answered('a', 'A'),
      answered('b', '', { state: 'failed' }),
      answered('c', 'half', { state: 'stopped' }),
      answered('d', ''),
    ]
    expect(historyFor(exchanges, agentItself).map(({ text }) => text)).toEqual(['a', 'A'])
  })

  it('keeps what was answered on behalf of one user out of the questions of others', () => {
    const exchanges = [answered('a', 'A', { owner: ofUser('ada') }), answered('b', 'B')]
    expect(historyFor(exchanges, asUser('ada'))).toHaveLength(4)
    expect(historyFor(exchanges, asUser('ben'))).toHaveLength(2)
    expect(historyFor(exchanges, agentItself)).toHaveLength(2)
  })

  it('keeps them out of what the agent is asked as itself by a user who is signed in', () => {
    const exchanges = [answered('a', 'A', { owner: ofUser('ada') })]
    expect(historyFor(exchanges, { kind: 'agent', userToken: 'tc-of-ada' })).toEqual([])
  })

  it('gives nobody an answer whose owner is not known', () => {
    const exchanges = [answered('a', 'A', { owner: undefined })]
    expect(historyFor(exchanges, agentItself)).toEqual([])
    expect(historyFor(exchanges, asUser('ada'))).toEqual([])
  })

  it('never exceeds the limits, and holds the newest whole exchanges', () => {
    const text = fc.integer({ min: 1, max: 6_000 }).map(length => 'x'.repeat(length))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 30 }), pairs => {
        const history = historyFor(
          pairs.map(([message, answer]) => answered(message, answer)),
          agentItself,
        )
        const characters = history.reduce((sum, entry) => sum + entry.text.length, 0)
        expect(history.length % 2).toBe(0)
        expect(history.length).toBeLessThanOrEqual(chatLimits.historyEntries)
        expect(characters).toBeLessThanOrEqual(chatLimits.historyCharacters)
        const newest = history.length === 0 ? [] : pairs.flat().slice(-history.length)
        expect(history.map(entry => entry.text)).toEqual(newest)
      }),
    )
  })
})
