import { expect, it } from 'vitest'
import { publicConfig } from '../testing/public-config.ts'
import { ownToken, step } from '../testing/trace.ts'
import { turns } from '../testing/turns.ts'
import { describeNames } from '../words/names.ts'
import { describeToken, proposePair, seenTokens } from './seen-tokens.ts'
import type { TracedAnswer } from './traced-answer.ts'
import { gatherFacts } from './turn-facts.ts'

/** What Compare proposes for the last of these answers, and all tokens that it offers. */
function compare(...kinds: readonly (keyof typeof turns | TracedAnswer['steps'])[]) {
  const answers = kinds.map((kind): TracedAnswer => {
    const { steps = [], flow = 'autonomous' } =
      typeof kind === 'object' ? { steps: kind } : (turns[kind] ?? {})
    const question = { message: 'x', agent: 'default', mode: 'bedrock', flow } as const
    return { question, state: 'done', turn: undefined, steps }
  })
  const { steps, question } = answers.at(-1) ?? { steps: [], question: { flow: 'obo' as const } }
  const tokens = seenTokens(answers, describeNames(publicConfig))
  const labels = tokens.map(token => describeToken(token, tokens))
  const pair = proposePair(tokens, gatherFacts(steps, question.flow, false))
  return { pair: pair.map(token => token && describeToken(token, tokens)), labels }
}

it('proposes the user’s token and the agent’s, both of the shown answer', () => {
  const pair = ['Your token, this answer', 'Agent’s token, this answer']
  expect(compare('on behalf of a user').pair).toEqual(pair)
  expect(compare('as the agent itself, three calls', 'on behalf of a user').pair).toEqual(pair)
})

it('proposes the agent’s token before and after a second factor, also if earlier answers had it', () => {
  const stepUp = 'a call after a stronger sign-in'
  for (const kinds of [[stepUp], ['on behalf of a user', stepUp]]) {
    const { pair, labels } = compare(...kinds)
    expect(pair).toEqual([
      'Agent’s token, before the second factor',
      'Agent’s token, after the second factor',
    ])
    expect(new Set(labels).size, 'each token has a name of its own').toBe(labels.length)
  }
})

it('numbers two tokens that both lack the second factor', () => {
  const ahead = step('ahead', { kind: 'token', token: { ...ownToken, fingerprint: 'eeeeeeeeeeee' } })
  const { labels } = compare([ahead, ...(turns['a call after a stronger sign-in']?.steps ?? [])])
  expect(labels).toContain('Agent’s token, before the second factor, 1 of 2')
  expect(new Set(labels).size).toBe(labels.length)
})

it('proposes the user’s token and the agent’s while a second factor is waited for', () => {
  expect(compare('a call that waits for a stronger sign-in').pair).toEqual([
    'Your token, this answer',
    'Agent’s token, this answer',
  ])
})

it('proposes the agent’s token and an earlier one, if the user gave none', () => {
  expect(compare('on behalf of a user', 'as the agent itself, three calls').pair).toEqual([
    'Agent’s token, answer 1',
    'Agent’s token, this answer',
  ])
  expect(compare('as the agent itself, three calls').pair).toEqual([undefined, 'Agent’s token, this answer'])
})

it('numbers two tokens for one API if no second factor tells them apart', () => {
  expect(compare('the API finds a token on its deny list, and the new one too').pair).toEqual([
    'Agent’s token, 1 of 2',
    'Agent’s token, 2 of 2',
  ])
})
