import type { Flow, PublicAgent, TokenCard, TurnEvent, TurnStart } from '@entra-agents/trace'
import { publicConfig } from '@entra-agents/trace-view/testing/public-config'
import { accountToken, agentToken, ownToken, step } from '@entra-agents/trace-view/testing/trace'
import { lessonOfSides } from '@entra-agents/trace-view/trace/lesson-of-sides'
import { gatherFacts } from '@entra-agents/trace-view/trace/turn-facts'
import { expect, it } from 'vitest'
import type { AskedQuestion } from '../conversation/asked-question.ts'
import { Conversation } from '../conversation/conversation.ts'
import type { Speaker } from '../conversation/speaker.ts'
import { result } from '../testing/converse.ts'
import { besideAnswer, SideBySide } from './side-by-side.ts'

const asked: AskedQuestion[] = []
const messageOf = ({ request }: Pick<AskedQuestion, 'request'>) =>
  'message' in request ? request.message : undefined
const needs = {
  async *ask(question: AskedQuestion): AsyncGenerator<TurnEvent> {
    asked.push(question)
    const { agent, mode, flow } = question.request
    const data = { turnId: 't', agent, mode, flow, model: null, startedAt: '2026-11-25T10:00:00.000Z' }
    yield { event: 'turn', data: data as TurnStart }
    yield result(`Answer to ${messageOf(question)}`)
  },
  identify: async ({ agent, flow }: { agent: string; flow: Flow }): Promise<Speaker> =>
    flow === 'obo'
      ? { agent, flow, objectId: 'ada', userToken: 'Tc' }
      : { agent, flow: 'autonomous', userToken: undefined },
  announce: () => {},
}

const [first] = publicConfig.agents
const trainee = { ...first, name: 'trainee', title: 'Trainee agent', flows: ['autonomous'] } as PublicAgent
const config = { agents: first ? [first, trainee] : [] }

/** Asks an agent two questions, then the second one again side by side. Then `asked` has only the questions of the two sides. */
async function askSideBySide(agent: string) {
  const conversation = new Conversation(needs, agent)
  await conversation.ask('one')
  await conversation.ask('two')
  const [, answer] = conversation.exchanges.value
  if (!answer) throw new Error('no answer')
  asked.length = 0
  const pair = besideAnswer(needs, conversation, answer, config)
  expect(asked, 'nothing is asked before somebody wants it').toEqual([])
  expect(pair.isAsked).toBe(false)
  pair.askBoth()
  await bothAnswered(pair)
  expect(conversation.exchanges.value).toHaveLength(2)
  return pair
}
const bothAnswered = (pair: SideBySide) =>
  expect
    .poll(() => pair.sides.map(side => side.selected.value?.value.answer))
    .toEqual(['Answer to two', 'Answer to two'])
const questionsAsked = () =>
  asked.map(question => [
    question.request.agent,
    question.request.flow,
    messageOf(question),
    question.request.history?.map(({ text }) => text).join(),
    question.userToken,
  ])

it('the same question is asked in the first two flows of an agent, without history, since a history belongs to one flow', async () => {
  await askSideBySide('default')
  expect(questionsAsked()).toEqual([
    ['default', 'autonomous', 'two', undefined, undefined],
    ['default', 'obo', 'two', undefined, 'Tc'],
  ])
})

it('an agent with one flow is asked beside another agent, and neither gets the other’s answers', async () => {
  const pair = await askSideBySide('trainee')
  expect(questionsAsked()).toEqual([
    ['trainee', 'autonomous', 'two', undefined, undefined],
    ['default', 'autonomous', 'two', undefined, undefined],
  ])
  asked.length = 0
  pair.sides[1].agent.value = 'trainee'
  expect(asked, 'the pickers ask nothing').toEqual([])
  pair.askBoth()
  await bothAnswered(pair)
  const both = ['trainee', 'autonomous', 'two', 'one,Answer to one', undefined]
  expect(questionsAsked(), 'the history that they share goes to both').toEqual([both, both])
})

it('both answers can be shared as one conversation', async () => {
  const pair = await askSideBySide('default')
  const both = pair.asConversation()
  expect(both.exchanges.value.map(({ value }) => [value.question.flow, value.answer])).toEqual([
    ['autonomous', 'Answer to two'],
    ['obo', 'Answer to two'],
  ])
  expect(both.selected.value).toBe(both.exchanges.value[1])
})

it('its choice can be read, and another one made from it asks the same', async () => {
  const pair = await askSideBySide('default')
  pair.sides[0].flow.value = 'agent-user'
  const { choice } = pair
  expect(choice).toEqual({
    message: 'two',
    mode: 'direct',
    sides: [
      { agent: 'default', flow: 'agent-user' },
      { agent: 'default', flow: 'obo' },
    ],
  })
  expect(new SideBySide(needs, choice).choice).toEqual(choice)
})

it('one sentence says what the difference between two turns teaches', () => {
  const claims: Record<string, unknown> = { ...ownToken.claims, azp: 'another agent' }
  const other = { ...ownToken, fingerprint: 'dddddddddddd', claims }
  const withoutRight = { ...claims, roles: undefined }
  const user = { ...agentToken, claims: { ...agentToken.claims, azp: ownToken.claims?.['azp'] } }
  const turn = (token?: TokenCard) =>
    gatherFacts(token ? [step('s', { kind: 'token', token })] : [], 'autonomous', false)
  const lesson = (right?: TokenCard) => lessonOfSides(turn(ownToken), turn(right))
  expect(lesson(user)).toContain('whose right it uses: its own, or yours')
  expect(lesson(accountToken)).toContain('its own, or its user account’s')
  expect(lesson(ownToken)).toContain('The same agent, the same rights')
  expect(lesson(other)).toContain('two identities: each calls under its own')
  expect(lesson({ ...other, claims: withoutRight })).toContain('Only one was given the right')
  expect(lesson()).toContain('Only one of them has a token to call with')
})
