import { describe, expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import {
  ada,
  agentItself,
  converse,
  delta,
  failure,
  problem,
  result,
  stepEvent,
  turn,
} from '../testing/converse.ts'
import { Conversation, type ConversationNeeds } from './conversation.ts'
import type { Speaker } from './speaker.ts'

/** A conversation whose answer begins and does not end before the user stops it. */
function converseForEver(speaker: Speaker) {
  const { promise: reached, resolve } = Promise.withResolvers<AbortSignal>()
  const needs: ConversationNeeds = {
    async *ask(_question, signal) {
      yield delta('It is ')
      resolve(signal)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', reject))
    },
    identify: async () => speaker,
    announce: () => {},
  }
  return { conversation: new Conversation(needs, 'a'), reached }
}

/** Asks what somebody wrote in the composer. */
async function send(conversation: Conversation, draft: string): Promise<void> {
  conversation.draft.value = draft
  await conversation.send()
}

describe('Conversation', () => {
  it('sends the draft in the chosen mode and flow, and collects the answer', async () => {
    const { conversation, asked, latest } = converse([[turn, delta('Sun'), delta('ny'), result('Sunny')]])
    conversation.mode.value = 'bedrock'
    await send(conversation, '  Where is order 7?\n')
    const request = { message: 'Where is order 7?', agent: 'a', mode: 'bedrock', flow: 'autonomous' }
    expect(asked).toEqual([{ request: { ...request, pauseFor: ['consent'] }, userToken: undefined }])
    expect(latest().value).toMatchObject({ state: 'done', answer: 'Sunny', turn: { mode: 'bedrock' } })
    expect(conversation.draft.value).toBe('')
  })

  it.each([
    ['nothing for an empty draft', ' \n ', 0],
    ['4,000 characters, counted as the agent does: an emoji is one', '🌦'.repeat(4_000), 1],
    ['nothing that is longer', '🌦'.repeat(4_001), 0],
  ])('sends %s', async (_what, draft, questions) => {
    const { conversation, asked } = converse([[result('')]])
    await send(conversation, draft)
    expect(asked).toHaveLength(questions)
  })

  it('replaces a step that is reported again, and notes once where in the answer its tool was called', async () => {
    const steps = [stepEvent('a'), stepEvent('b'), stepEvent('a', 'ok')]
    const { conversation, latest } = converse([[turn, delta('I look. '), ...steps, result('I look. Sunny')]])
    await conversation.ask('x')
    expect(latest().value.steps.map(({ id, status }) => `${id} ${status}`)).toEqual(['a ok', 'b running'])
    expect(latest().value.toolMarks).toEqual([
      { stepId: 'a', at: 8 },
      { stepId: 'b', at: 8 },
    ])
  })

  it('sends earlier answers along as history, also those that were kept', async () => {
    const history = [
      { role: 'user', text: 'Dallas?' },
      { role: 'assistant', text: 'Sunny' },
    ]
    const { conversation, asked } = converse([[result('Sunny')], [result('Rain')]])
    await conversation.ask('Dallas?')
    const later = converse([[result('2')]], undefined, conversation.keep())
    expect(later.conversation.selected.value).toBe(later.latest())
    for (const { conversation: either } of [later, { conversation }]) await either.ask('and tomorrow?')
    expect([asked[1]?.request.history, later.asked[0]?.request.history]).toEqual([history, history])
  })

  it('starts a new conversation with another agent, which gets no answers of the previous agent; the switch can be undone', async () => {
    const turns = ['Sunny', 'No', 'Rain', 'Snow'].map(text => [result(text)])
    const { conversation, asked, messages } = converse(turns)
    await conversation.ask('Dallas?')
    conversation.switchTo('b')
    conversation.undoStartOver()
    expect(conversation.agent.value).toBe('a')
    await conversation.ask('Oslo?')
    conversation.switchTo('b')
    expect(messages()).toEqual([])
    await conversation.ask('Dallas?')
    conversation.switchTo('b')
    await conversation.ask('Oslo?')
    const histories = asked.map(({ request: { agent, history = [] } }) => [agent, history.length])
    expect(histories).toEqual([
      ['a', 0],
      ['a', 2],
      ['b', 0],
      ['b', 2],
    ])
  })

  it('sends the token of the user in the on-behalf-of flow', async () => {
    const { conversation, asked, latest } = converse([[result('Sunny')]])
    conversation.flow.value = 'obo'
    await conversation.ask('Dallas?')
    expect(asked[0]?.userToken).toBe('tc-of-ada')
    expect(latest().value.owner).toEqual({ agent: 'a', flow: 'obo', objectId: 'ada' })
    expect(converse([], undefined, conversation.keep()).conversation.flow.value, 'reopened').toBe('obo')
  })

  it.each([
    ['once the user has signed in if it waits for that', 'SIGN_IN_REQUIRED', 1],
    ['only if the user wants it if it failed otherwise', 'AGENT_UNREACHABLE', 0],
  ] as const)('keeps a question that was not sent, and asks it %s', async (_when, code, questions) => {
    let isSignedIn = false
    const { conversation, asked, latest } = converse([[result('Sunny')]], async () => {
      if (isSignedIn) return ada
      throw new PageError(pageProblem(code))
    })
    conversation.flow.value = 'obo'
    await send(conversation, 'Dallas?')
    expect([asked, conversation.draft.value]).toEqual([[], ''])
    expect(latest().value).toMatchObject({
      question: { message: 'Dallas?' },
      state: 'failed',
      problem: { code },
    })
    isSignedIn = true
    await conversation.askWaiting()
    expect(asked).toHaveLength(questions)
  })

  it.each([
    ['the agent', failure('USER_TOKEN_EXPIRED')],
    ['the event stream', [turn, stepEvent('a'), { event: 'problem', data: problem('USER_TOKEN_EXPIRED') }]],
  ] as const)(
    'renews a token that %s reports as expired, and asks again, but only once',
    async (_who, expired) => {
      const once = converse([expired, [turn, stepEvent('b'), result('Sunny')]])
      const twice = converse([expired, expired])
      for (const { conversation, renewed } of [once, twice]) {
        conversation.flow.value = 'obo'
        await conversation.ask('Dallas?')
        expect(renewed).toEqual([false, true])
      }
      expect(once.latest().value).toMatchObject({ state: 'done', answer: 'Sunny', problem: undefined })
      expect(once.latest().value.steps.map(({ id }) => id)).toEqual(['b'])
      expect(twice.latest().value.problem?.code).toBe('USER_TOKEN_EXPIRED')
    },
  )

  it('renews no token once answer text has come', async () => {
    const expired = { event: 'problem', data: problem('USER_TOKEN_EXPIRED') } as const
    const { conversation, renewed } = converse([[turn, delta('Sun'), expired]])
    conversation.flow.value = 'obo'
    await conversation.ask('Dallas?')
    expect(renewed).toEqual([false])
  })

  it('stops an answer and keeps the part that has come', async () => {
    const { conversation, reached } = converseForEver(agentItself)
    const asking = conversation.ask('Dallas?')
    const signal = await reached
    expect(conversation.running.value).toBe(true)
    conversation.stop()
    await asking
    expect([signal.aborted, conversation.running.value]).toEqual([true, false])
    expect(conversation.exchanges.value[0]?.value).toMatchObject({ state: 'stopped', answer: 'It is ' })
  })

  it('shows the trace of the newest answer until another answer is chosen', async () => {
    const { conversation, first, latest } = converse([[result('1')], [result('2')], [result('3')]])
    await conversation.ask('a')
    await conversation.ask('b')
    expect(conversation.selected.value).toBe(latest())
    conversation.selected.value = first()
    await conversation.ask('c')
    expect(conversation.selected.value).toBe(latest())
  })

  it('announces states, but not the text of the answer, and a failure without the JSON policy in its hint', async () => {
    const hint = 'Attach to the principal: {"Effect":"Allow"}'
    const { conversation, announced } = converse([
      [turn, stepEvent('a'), delta('Sunny'), delta(' and warm'), result('Sunny and warm')],
      new PageError({ ...problem('X'), title: 'Refused.', hint }),
    ])
    await conversation.ask('Dallas?')
    await conversation.ask('Rome?')
    expect(announced).toEqual([
      'Question sent.',
      'get_order was called',
      'Answer started.',
      'Answer complete, 31 milliseconds.',
      'Question sent.',
      'Refused. Attach to the principal: ',
    ])
  })

  it('asks a question again in the mode and flow in which it was asked, or in others if requested; an attempt whose turn had begun stays', async () => {
    const { conversation, asked, first, latest, messages } = converse([
      failure('AGENT_UNREACHABLE'),
      [turn, stepEvent('a'), { event: 'problem', data: problem('AGENT_UNREACHABLE') }],
      [turn, result('2')],
    ])
    await send(conversation, 'a')
    conversation.mode.value = 'bedrock'
    await conversation.retry(first())
    await conversation.retry(first(), { mode: 'bedrock', flow: 'obo' })
    expect(asked.map(({ request: { mode, flow, history } }) => [mode, flow, history])).toEqual([
      ['direct', 'autonomous', undefined],
      ['direct', 'autonomous', undefined],
      ['bedrock', 'obo', undefined],
    ])
    expect([messages(), conversation.draft.value, latest().value.answer]).toEqual([['a'], '', '2'])
    expect(conversation.attemptOf(first())).toEqual({ number: 2, total: 2 })
    conversation.showAttempt(first(), -1)
    expect(latest().value).toMatchObject({ state: 'failed', steps: [{ id: 'a' }] })
    expect(conversation.selected.value).toBe(latest())
  })

  it('keeps the original of an edited question, with the questions that followed, as an earlier attempt', async () => {
    const { conversation, asked, first, messages } = converse(
      ['1', '2', '3'].map(text => [turn, result(text)]),
    )
    await conversation.ask('a')
    await conversation.ask('b')
    conversation.edit(first())
    expect([conversation.draft.value, messages()]).toEqual(['a', ['a', 'b']])
    await send(conversation, 'a, but better')
    expect([conversation.editing.value, messages()]).toEqual([undefined, ['a, but better']])
    expect(asked[2]?.request.history).toBeUndefined()
    conversation.showAttempt(first(), -1)
    expect(messages()).toEqual(['a', 'b'])
  })

  it('can bring back the earlier questions after a new start, until the next question is asked; the draft stays', async () => {
    const { conversation, messages } = converse([[result('1')], [result('2')]])
    await conversation.ask('a')
    conversation.draft.value = 'half a question'
    conversation.startOver()
    expect([conversation.draft.value, messages()]).toEqual(['half a question', []])
    conversation.undoStartOver()
    expect(messages()).toEqual(['a'])
    conversation.startOver()
    await conversation.ask('b')
    expect(conversation.replaced.value).toBeUndefined()
  })

  it('restores a half-written draft after an edit, unless the draft equals the edited question', async () => {
    const { conversation, first } = converse([[result('1')], [result('2')], [result('3')]])
    await conversation.ask('a')
    conversation.draft.value = 'half'
    conversation.edit(first())
    conversation.edit(first())
    await send(conversation, 'a, but better')
    expect(conversation.draft.value).toBe('half')

    conversation.draft.value = 'a, but better'
    conversation.edit(first())
    await send(conversation, 'best')
    expect(conversation.draft.value).toBe('')
  })
})

describe('a user who leaves', () => {
  it('takes along the questions on their behalf; what is left is another conversation', async () => {
    const turns = ['1', '2', '3', '4'].map(text => [result(text)])
    const { conversation, messages, latest } = converse(turns)
    await conversation.ask('as itself')
    const { id } = conversation.keep()
    conversation.forgetUser()
    expect(conversation.keep().id).toBe(id)
    conversation.flow.value = 'obo'
    await conversation.ask('on behalf of Ada')
    conversation.flow.value = 'autonomous'
    await conversation.ask('as itself again')
    conversation.selected.value = conversation.exchanges.value[1]
    conversation.forgetUser()
    expect(messages(), 'no gap is left').toEqual(['as itself', 'as itself again'])
    expect(conversation.selected.value).toBe(latest())
    conversation.flow.value = 'obo'
    expect(conversation.keep().id).not.toBe(id)
    await conversation.ask('on behalf of Ada')
    conversation.startOver()
    conversation.forgetUser()
    expect(conversation.replaced.value, 'nothing can be brought back').toBeUndefined()
  })

  it('gets no answer any more, and their question does not go back into the draft', async () => {
    const { conversation, reached } = converseForEver(ada)
    conversation.flow.value = 'obo'
    const asking = send(conversation, 'Where do I live?')
    const signal = await reached
    conversation.forgetUser()
    await asking
    expect([signal.aborted, conversation.draft.value]).toEqual([true, ''])
    expect(conversation.exchanges.value).toEqual([])
  })

  it.each([
    ['ends an autonomous answer to a question that was sent with their token', 'tc-of-ada', true],
    ['does not end any other autonomous answer', undefined, false],
  ])('%s', async (_what, userToken, isEnded) => {
    const { conversation, reached } = converseForEver({ ...agentItself, userToken })
    const asking = conversation.ask('Dallas?')
    const signal = await reached
    conversation.forgetUser()
    expect(signal.aborted).toBe(isEnded)
    conversation.stop()
    await asking
  })

  it('loses the draft in which they edited a question on their behalf', async () => {
    const { conversation, first } = converse([failure('AGENT_UNREACHABLE')])
    conversation.flow.value = 'obo'
    await send(conversation, 'Where do I live?')
    conversation.edit(first())
    conversation.draft.value = 'Where does Ada live?'
    conversation.forgetUser()
    expect([conversation.draft.value, conversation.editing.value]).toEqual(['', undefined])
  })
})
