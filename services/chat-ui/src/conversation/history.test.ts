import { chatLimits } from '@entra-agents/trace'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Exchange, startExchange } from './exchange.ts'
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

function answeredExchange(message: string, answer: string, more: Partial<Exchange> = {}): Exchange {
  return {
    ...startExchange({ message, agent: 'weather', mode: 'direct', flow: 'autonomous' }),
    state: 'done',
    owner: agent,
    answer,
    ...more,
  }
}

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

  it('includes earlier answers only if they have the same agent, flow and user as the question', () => {
    const said = {
      'weather itself': answeredExchange('a', 'A'),
      'trainee itself': answeredExchange('b', 'B', { owner: { ...agent, agent: 'trainee' } }),
      'weather for Ada': answeredExchange('c', 'C', { owner: ownerForUser('ada') }),
      'trainee for Ada': answeredExchange('d', 'D', { owner: ownerForUser('ada', 'trainee') }),
      'weather for Ben': answeredExchange('e', 'E', { owner: ownerForUser('ben') }),
    }
    const heardBy = (speaker: Speaker) =>
      historyFor(Object.values(said), speaker)
        .map(({ text }) => text)
        .join('')
    expect({
      'weather itself': heardBy(agentItself),
      'weather itself, with Ada signed in': heardBy({ ...agentItself, userToken: 'tc-of-ada' }),
      'trainee itself': heardBy({ ...agentItself, agent: 'trainee' }),
      'weather for Ada': heardBy(speakerForUser('ada')),
      'trainee for Ada': heardBy(speakerForUser('ada', 'trainee')),
      'weather for Ben': heardBy(speakerForUser('ben')),
      'trainee for Ben': heardBy(speakerForUser('ben', 'trainee')),
    }).toEqual({
      'weather itself': 'aA',
      'weather itself, with Ada signed in': 'aA',
      'trainee itself': 'bB',
      'weather for Ada': 'cC',
      'trainee for Ada': 'dD',
      'weather for Ben': 'eE',
      'trainee for Ben': '',
    })
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
