import type { TurnEvent } from '@entra-bedrock-agent/identity-trace'
import { expect, it } from 'vitest'
import type { AskedQuestion } from '../conversation/asked-question.ts'
import { Conversation } from '../conversation/conversation.ts'
import type { Speaker } from '../conversation/speaker.ts'
import { publicConfig } from '../testing/public-config.ts'
import { agentToken, ownToken } from '../testing/trace.ts'
import { lessonOfPair } from '../trace/lessons.ts'
import { SideBySide } from './side-by-side.ts'

const asked: AskedQuestion[] = []
const needs = {
  async *ask(question: AskedQuestion): AsyncGenerator<TurnEvent> {
    asked.push(question)
    const { message, mode, flow } = question.request
    const turn = { turnId: 't', mode, flow, model: null }
    yield { event: 'turn', data: { ...turn, startedAt: '2026-11-25T10:00:00.000Z' } }
    const timing = { firstTokenMs: 1, totalMs: 1 }
    const end = {
      answer: `Answer to ${message}`,
      finishReason: 'stop',
      usage: null,
      timing,
      tools: [],
      notices: [],
    }
    yield { event: 'result', data: { ...turn, ...end } } as TurnEvent
  },
  identify: async (flow: string): Promise<Speaker> =>
    flow === 'obo'
      ? { kind: 'user', objectId: 'ada', userToken: 'Tc' }
      : { kind: 'agent', userToken: undefined },
  announce: () => {},
}

it('the same question is asked in two flows, with the same history, and leaves the conversation as it is', async () => {
  const conversation = new Conversation(needs)
  await conversation.ask('one')
  await conversation.ask('two')
  const [, answer] = conversation.exchanges.value
  if (!answer) throw new Error('no answer')
  asked.length = 0
  const pair = new SideBySide(needs, conversation, answer, publicConfig)
  pair.askBoth()
  await expect
    .poll(() => pair.sides.map(side => side.selected.value?.value.answer))
    .toEqual(['Answer to two', 'Answer to two'])
  expect(
    asked.map(({ request, userToken }) => [
      request.flow,
      request.message,
      request.history?.length,
      userToken,
    ]),
  ).toEqual([
    ['autonomous', 'two', 2, undefined],
    ['obo', 'two', 2, 'Tc'],
  ])
  expect(conversation.exchanges.value).toHaveLength(2)
})

it('what two tokens teach is said in one sentence', () => {
  const other = { ...ownToken, claims: { ...ownToken.claims, azp: 'another agent' } }
  const own = { ...agentToken, claims: { ...agentToken.claims, azp: ownToken.claims?.['azp'] } }
  expect(lessonOfPair(ownToken, own)).toContain('whose right it uses')
  expect(lessonOfPair(ownToken, ownToken)).toContain('The same agent, the same rights')
  expect(lessonOfPair(ownToken, other)).toContain('Two agents')
})
