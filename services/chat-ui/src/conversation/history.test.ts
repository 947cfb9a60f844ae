import { chatLimits } from '@entra-agents/trace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exchange } from '../testing/converse.ts'
import type { Exchange } from './exchange.ts'
import { historyFor } from './history.ts'
import type { Owner, Speaker } from './speaker.ts'

const agent: Owner = { agent: 'weather', flow: 'autonomous' }
const agentItself: Speaker = { ...agent, userToken: undefined }
const ownerForUser = (objectId: string, name = 'weather'): Owner => ({ agent: name, flow: 'obo', objectId })
const speakerForUser = (objectId: string, name = 'weather'): Speaker => ({
  agent: name,
  flow: 'obo',
  objectId,
  userToken: `tc-of-${objectId}`,
})

const answeredExchange = (message: string, answer: string, more: Partial<Exchange> = {}) =>
  exchange(message, { state: 'done', owner: agent, answer, ...more })

describe('historyFor', () => {
  it('leaves out questions that were not answered', () => {
    const exchanges = [
      answeredExchange('a', 'A'),
      answeredExchange('b', '', { state: 'failed' }),
      answeredExchange('c', 'half', { state: 'stopped' }),
      answeredExchange('d', ''),
    ]
    expect(historyFor(exchanges, agentItself).map(({ text }) => text)).toEqual(['a', 'A'])
  })

  const trainee = { ...agentItself, agent: 'trainee' }
  it.each([
    ['the weather agent itself', agentItself, ['a', 'A']],
    ['the weather agent itself, with Ada signed in', { ...agentItself, userToken: 'tc-of-ada' }, ['a', 'A']],
    ['the trainee itself', trainee, ['b', 'B']],
    ['the weather agent for Ada', speakerForUser('ada'), ['c', 'C']],
    ['the trainee for Ada', speakerForUser('ada', 'trainee'), ['d', 'D']],
    ['the weather agent for Ben', speakerForUser('ben'), ['e', 'E']],
    ['the trainee for Ben', speakerForUser('ben', 'trainee'), []],
  ])('includes earlier answers only if agent, flow and user are the same: %s', (_who, speaker, heard) => {
    const said = [
      answeredExchange('a', 'A'),
      answeredExchange('b', 'B', { owner: { ...agent, agent: 'trainee' } }),
      answeredExchange('c', 'C', { owner: ownerForUser('ada') }),
      answeredExchange('d', 'D', { owner: ownerForUser('ada', 'trainee') }),
      answeredExchange('e', 'E', { owner: ownerForUser('ben') }),
    ]
    expect(historyFor(said, speaker).map(({ text }) => text)).toEqual(heard)
  })

  it('leaves out an answer with an unknown owner, whoever asks', () => {
    const exchanges = [answeredExchange('a', 'A', { owner: undefined })]
    expect(historyFor(exchanges, agentItself)).toEqual([])
    expect(historyFor(exchanges, speakerForUser('ada'))).toEqual([])
  })

  it('takes the newest whole exchanges that fit into the limits', () => {
    const text = fc.integer({ min: 1, max: 6_000 }).map(length => 'x'.repeat(length))
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 30 }), pairs => {
        const history = historyFor(
          pairs.map(([message, answer]) => answeredExchange(message, answer)),
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
