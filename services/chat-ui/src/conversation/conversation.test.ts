import type { TraceStep, TurnEvent } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { ada, agentItself, converse, delta, result } from '../testing/converse.ts'
import { Conversation, type ConversationNeeds } from './conversation.ts'
import type { Speaker } from './speaker.ts'

function turn(mode: 'direct' | 'bedrock' = 'direct'): TurnEvent {
  return { event: 'turn', data: { turnId: 't', mode, flow: 'autonomous', model: null, startedAt: '' } }
}

function step(id: string, more: Partial<TraceStep> = {}): TurnEvent {
  const data: TraceStep = {
    id,
    kind: 'tool',
    from: 'bedrock',
    to: 'agent',
    title: 'get_order was called',
    status: 'running',
    startedAt: '',
    ...more,
  }
  return { event: 'step', data }
}

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

describe('Conversation', () => {
  it('sends the draft in the chosen mode and flow, and collects the answer', async () => {
    const { conversation, asked, latest } = converse([
      [turn('bedrock'), delta('Sun'), delta('ny'), result('Sunny')],
    ])
    conversation.mode.value = 'bedrock'
    conversation.draft.value = '  Where is order 7?\n'
    await conversation.send()
    expect(asked[0]?.request).toEqual({
      message: 'Where is order 7?',
      agent: 'a',
      mode: 'bedrock',
      flow: 'autonomous',
      pauseFor: ['consent'],
    })
    expect(asked[0]?.userToken).toBeUndefined()
    expect(latest()).toMatchObject({ state: 'done', answer: 'Sunny', turn: { mode: 'bedrock' } })
    expect(conversation.draft.value).toBe('')
  })

  it('sends nothing for an empty draft', async () => {
    const { conversation, asked } = converse([])
    conversation.draft.value = ' \n '
    await conversation.send()
    expect(asked).toEqual([])
  })

  it('replaces a step that is reported again', async () => {
    const { conversation, latest } = converse([
      [turn(), step('a'), step('b'), step('a', { status: 'ok' }), result('')],
    ])
    await conversation.ask('x')
    expect(latest()?.steps.map(({ id, status }) => `${id} ${status}`)).toEqual(['a ok', 'b running'])
  })

  it('sends earlier answers along as history', async () => {
    const { conversation, asked } = converse([[result('Sunny')], [result('Rain')]])
    await conversation.ask('Dallas?')
    await conversation.ask('and tomorrow?')
    expect(asked[1]?.request.history).toEqual([
      { role: 'user', text: 'Dallas?' },
      { role: 'assistant', text: 'Sunny' },
    ])
  })

  it('starts a new conversation with another agent, which gets no answers of the previous agent', async () => {
    const { conversation, asked } = converse([[result('Sunny')], [result('No')], [result('Rain')]])
    await conversation.ask('Dallas?')
    conversation.switchTo('b')
    expect(conversation.exchanges.value).toEqual([])
    await conversation.ask('Dallas?')
    conversation.switchTo('b')
    await conversation.ask('Oslo?')
    expect(asked.map(({ request: { agent, history = [] } }) => [agent, history.length])).toEqual([
      ['a', 0],
      ['b', 0],
      ['b', 2],
    ])
  })

  it('is with the previous agent again after the switch to another agent is undone', async () => {
    const { conversation, asked } = converse([[result('Sunny')], [result('Rain')]])
    await conversation.ask('Dallas?')
    conversation.switchTo('b')
    conversation.undoStartOver()
    expect(conversation.agent.value).toBe('a')
    await conversation.ask('Oslo?')
    expect(asked[1]?.request).toMatchObject({ agent: 'a', history: [{ text: 'Dallas?' }, { text: 'Sunny' }] })
  })

  it('sends the token of the user in the on-behalf-of flow', async () => {
    const { conversation, asked, latest } = converse([[result('Sunny')]])
    conversation.flow.value = 'obo'
    await conversation.ask('Dallas?')
    expect(asked[0]?.userToken).toBe('tc-of-ada')
    expect(latest()?.owner).toEqual({ agent: 'a', flow: 'obo', objectId: 'ada' })
  })

  it('sends nothing if the user is not signed in; the question stays in the conversation', async () => {
    const { conversation, asked, latest } = converse([], async () => {
      throw new PageError(pageProblem('SIGN_IN_REQUIRED'))
    })
    conversation.flow.value = 'obo'
    conversation.draft.value = 'Dallas?'
    await conversation.send()
    expect(asked).toEqual([])
    expect(latest()).toMatchObject({ state: 'failed', problem: { code: 'SIGN_IN_REQUIRED' } })
    expect(latest()?.question.message).toBe('Dallas?')
    expect(conversation.draft.value).toBe('')
  })

  it('renews a token that the agent reports as expired, and asks again, but only once', async () => {
    const expired = new PageError({ ...pageProblem('SESSION_EXPIRED'), code: 'USER_TOKEN_EXPIRED' })
    const renewals: boolean[] = []
    const { conversation, latest } = converse([expired, expired], async (_flow, renew) => {
      renewals.push(renew)
      return ada
    })
    conversation.flow.value = 'obo'
    await conversation.ask('Dallas?')
    expect(renewals).toEqual([false, true])
    expect(latest()?.problem?.code).toBe('USER_TOKEN_EXPIRED')
  })

  it('retries a failed question in the mode and flow in which it was asked', async () => {
    const { conversation, asked, latest } = converse([
      new PageError(pageProblem('AGENT_UNREACHABLE')),
      [result('Sunny')],
    ])
    conversation.draft.value = 'Dallas?'
    await conversation.send()
    conversation.mode.value = 'bedrock'
    const failed = conversation.exchanges.value[0]
    if (failed) await conversation.retry(failed)
    expect(asked.map(({ request }) => request.mode)).toEqual(['direct', 'direct'])
    expect(conversation.exchanges.value).toHaveLength(1)
    expect(latest()?.answer).toBe('Sunny')
    expect(conversation.draft.value).toBe('')
  })

  it('stops an answer and keeps the part that has come', async () => {
    const { conversation, reached } = converseForEver(agentItself)
    const asking = conversation.ask('Dallas?')
    const signal = await reached
    expect(conversation.running.value).toBe(true)
    conversation.stop()
    await asking
    expect(signal.aborted).toBe(true)
    expect(conversation.running.value).toBe(false)
    expect(conversation.exchanges.value[0]?.value).toMatchObject({ state: 'stopped', answer: 'It is ' })
  })

  it('shows the trace of the newest answer until another answer is chosen', async () => {
    const { conversation } = converse([[result('1')], [result('2')], [result('3')]])
    await conversation.ask('a')
    await conversation.ask('b')
    const [first, second] = conversation.exchanges.value
    expect(conversation.selected.value).toBe(second)
    conversation.selected.value = first
    await conversation.ask('c')
    expect(conversation.selected.value).toBe(conversation.exchanges.value[2])
  })

  it('announces states, but not the text of the answer', async () => {
    const { conversation, announced } = converse([
      [turn(), step('a'), delta('Sunny'), delta(' and warm'), result('Sunny and warm')],
    ])
    await conversation.ask('Dallas?')
    expect(announced).toEqual([
      'Question sent.',
      'get_order was called',
      'Answer started.',
      expect.stringMatching(/^Answer complete, [1-9][\d.]* (milliseconds?|seconds)\.$/),
    ])
  })

  it('announces a failure without the JSON policy in its hint', async () => {
    const hint = 'Attach to the principal: {"Effect":"Allow"}'
    const { conversation, announced } = converse([
      new PageError({ ...pageProblem('AGENT_UNREACHABLE'), title: 'Refused.', hint }),
    ])
    await conversation.ask('Dallas?')
    expect(announced.at(-1)?.trim()).toBe('Refused. Attach to the principal:')
  })

  it('asks an answered question again as another attempt, in another mode or flow if requested', async () => {
    const { conversation, asked, latest } = converse([
      [turn(), result('1')],
      [turn(), result('2')],
    ])
    await conversation.ask('a')
    const [first] = conversation.exchanges.value
    if (!first) throw new Error('nothing was asked')
    await conversation.retry(first, { mode: 'bedrock', flow: 'obo' })
    expect(asked.map(({ request: { mode, flow } }) => [mode, flow])).toEqual([
      ['direct', 'autonomous'],
      ['bedrock', 'obo'],
    ])
    expect(asked[1]?.request.history).toBeUndefined()
    const [second] = conversation.exchanges.value
    if (!second) throw new Error('nothing was asked')
    expect(conversation.attemptOf(second)).toEqual({ number: 2, total: 2 })
    conversation.showAttempt(second, -1)
    expect([latest()?.answer, conversation.selected.value]).toEqual(['1', first])
  })

  it('keeps a failed attempt with its steps if its turn had begun', async () => {
    const failed: TurnEvent = {
      event: 'problem',
      data: { ...pageProblem('AGENT_UNREACHABLE'), type: '', status: 502, requestId: '' },
    }
    const { conversation, latest } = converse([
      [turn(), step('a'), failed],
      [turn(), result('Sunny')],
    ])
    await conversation.ask('a')
    const [first] = conversation.exchanges.value
    if (first) await conversation.retry(first)
    expect(latest()?.answer).toBe('Sunny')
    const [second] = conversation.exchanges.value
    if (second) conversation.showAttempt(second, -1)
    expect(latest()).toMatchObject({ state: 'failed', steps: [{ id: 'a' }] })
  })

  it('keeps the original of an edited question, with the questions that followed, as an earlier attempt', async () => {
    const answers = ['1', '2', '3'].map(text => [turn(), result(text)])
    const { conversation, asked } = converse(answers)
    await conversation.ask('a')
    await conversation.ask('b')
    const [first] = conversation.exchanges.value
    if (first) conversation.edit(first)
    expect(conversation.draft.value).toBe('a')
    expect(conversation.exchanges.value).toHaveLength(2)
    conversation.draft.value = 'a, but better'
    await conversation.send()
    expect(conversation.exchanges.value.map(({ value }) => value.question.message)).toEqual(['a, but better'])
    expect(asked[2]?.request.history).toBeUndefined()
    expect(conversation.editing.value).toBeUndefined()
    const [second] = conversation.exchanges.value
    if (second) conversation.showAttempt(second, -1)
    expect(conversation.exchanges.value.map(({ value }) => value.question.message)).toEqual(['a', 'b'])
  })

  it('can bring back the earlier questions after a new start, until the next question is asked', async () => {
    const { conversation } = converse([[result('1')], [result('2')]])
    await conversation.ask('a')
    conversation.startOver()
    expect(conversation.exchanges.value).toEqual([])
    conversation.undoStartOver()
    expect(conversation.exchanges.value.map(({ value }) => value.answer)).toEqual(['1'])
    conversation.startOver()
    await conversation.ask('b')
    expect(conversation.replaced.value).toBeUndefined()
  })

  it('does not bring back questions that were asked on behalf of a user who has left', async () => {
    const { conversation } = converse([[result('1')]])
    conversation.flow.value = 'obo'
    await conversation.ask('a')
    conversation.startOver()
    conversation.forgetUser()
    expect(conversation.replaced.value).toBeUndefined()
  })

  it('notes where in the answer each tool was called, once for each call', async () => {
    const { conversation, latest } = converse([
      [
        turn(),
        delta('I look. '),
        step('a'),
        step('a', { status: 'ok' }),
        delta('Sunny'),
        result('I look. Sunny'),
      ],
    ])
    await conversation.ask('a')
    expect(latest()?.toolMarks).toEqual([{ stepId: 'a', at: 8 }])
  })

  it('keeps the draft when a new conversation starts', async () => {
    const { conversation } = converse([[result('1')]])
    await conversation.ask('a')
    conversation.draft.value = 'half a question'
    conversation.startOver()
    expect(conversation.draft.value).toBe('half a question')
  })

  it('continues from kept exchanges, which become the history of the next question', async () => {
    const { conversation } = converse([[result('1')]])
    await conversation.ask('a')
    const later = converse([[result('2')]], undefined, conversation.keep())
    expect(later.conversation.selected.value?.value.question.message).toBe('a')
    await later.conversation.ask('b')
    expect(later.asked[0]?.request.history).toHaveLength(2)
  })

  it('ends the answer that a leaving user waits for, and does not put their question back into the draft', async () => {
    const { conversation, reached } = converseForEver(ada)
    conversation.flow.value = 'obo'
    conversation.draft.value = 'Where do I live?'
    const asking = conversation.send()
    const signal = await reached
    conversation.forgetUser()
    await asking
    expect(signal.aborted).toBe(true)
    expect(conversation.exchanges.value).toEqual([])
    expect(conversation.draft.value).toBe('')
  })

  it('lets an autonomous answer go on after a user has left, unless the question was sent with that user’s token', async () => {
    for (const userToken of ['tc-of-ada', undefined]) {
      const reached = Promise.withResolvers<AbortSignal>()
      const goOn = Promise.withResolvers<void>()
      const conversation = new Conversation(
        {
          async *ask(_question, signal) {
            reached.resolve(signal)
            await goOn.promise
            yield result('Sunny')
          },
          identify: async () => ({ ...agentItself, userToken }),
          announce: () => {},
        },
        'a',
      )
      const asking = conversation.ask('Dallas?')
      const signal = await reached.promise
      conversation.forgetUser()
      goOn.resolve()
      await asking
      expect(signal.aborted).toBe(userToken !== undefined)
    }
  })

  it('clears the draft if a user leaves while editing a question asked on their behalf', async () => {
    const { conversation } = converse([new PageError(pageProblem('AGENT_UNREACHABLE')), [result('2')]])
    conversation.flow.value = 'obo'
    conversation.draft.value = 'Where do I live?'
    await conversation.send()
    const [failed] = conversation.exchanges.value
    if (failed) conversation.edit(failed)
    conversation.draft.value = 'Where does Ada live?'
    conversation.forgetUser()
    expect(conversation.draft.value).toBe('')
    expect(conversation.editing.value).toBeUndefined()
  })

  it('renews a token that the event stream reports as expired, if no answer text has come yet', async () => {
    const expired: TurnEvent = {
      event: 'problem',
      data: {
        ...pageProblem('SESSION_EXPIRED'),
        code: 'USER_TOKEN_EXPIRED',
        type: '',
        status: 401,
        requestId: '',
      },
    }
    const renewals: boolean[] = []
    const identify: ConversationNeeds['identify'] = async (_flow, renew) => {
      renewals.push(renew)
      return ada
    }
    const first = converse(
      [
        [turn(), step('a'), expired],
        [turn(), step('b'), result('Sunny')],
      ],
      identify,
    )
    first.conversation.flow.value = 'obo'
    await first.conversation.ask('Dallas?')
    expect(renewals).toEqual([false, true])
    expect(first.latest()).toMatchObject({ state: 'done', answer: 'Sunny', problem: undefined })
    expect(first.latest()?.steps.map(({ id }) => id)).toEqual(['b'])

    const second = converse([[turn(), delta('Sun'), expired]], identify)
    second.conversation.flow.value = 'obo'
    await second.conversation.ask('Dallas?')
    expect(second.asked).toHaveLength(1)
    expect(second.latest()?.problem?.code).toBe('USER_TOKEN_EXPIRED')
  })

  it('asks the question that waits for a sign-in once the user has signed in, but none that failed otherwise', async () => {
    for (const [code, questions] of [
      ['SIGN_IN_REQUIRED', 1],
      ['AGENT_UNREACHABLE', 0],
    ] as const) {
      let isSignedIn = false
      const { conversation, asked } = converse([[result('Sunny')]], async () => {
        if (isSignedIn) return ada
        throw new PageError(pageProblem(code))
      })
      conversation.flow.value = 'obo'
      conversation.draft.value = 'Dallas?'
      await conversation.send()
      isSignedIn = true
      await conversation.askWaiting()
      expect(asked).toHaveLength(questions)
    }
  })

  it('sends the same question again in another mode', async () => {
    const { conversation, asked } = converse([[result('1')], [result('2')]])
    for (const mode of ['direct', 'bedrock'] as const) {
      conversation.mode.value = mode
      conversation.draft.value = 'Dallas?'
      await conversation.send()
    }
    expect(asked).toMatchObject([{ request: { mode: 'direct' } }, { request: { mode: 'bedrock' } }])
  })

  it('restores a half-written draft after an edit, unless the draft equals the edited question', async () => {
    const { conversation } = converse([[result('1')], [result('2')], [result('3')]])
    await conversation.ask('a')
    const [first] = conversation.exchanges.value
    if (!first) throw new Error('nothing was asked')
    conversation.draft.value = 'half'
    conversation.edit(first)
    conversation.edit(first)
    conversation.draft.value = 'a, but better'
    await conversation.send()
    expect(conversation.draft.value).toBe('half')

    conversation.draft.value = 'a, but better'
    const [second] = conversation.exchanges.value
    if (second) conversation.edit(second)
    conversation.draft.value = 'best'
    await conversation.send()
    expect(conversation.draft.value).toBe('')
  })

  it('drops the questions that were asked on behalf of a user who leaves', async () => {
    const { conversation } = converse([[result('1')], [result('2')]])
    await conversation.ask('as itself')
    conversation.flow.value = 'obo'
    await conversation.ask('on behalf of Ada')
    conversation.forgetUser()
    expect(conversation.exchanges.value.map(({ value }) => value.question.message)).toEqual(['as itself'])
    expect(conversation.selected.value).toBe(conversation.exchanges.value[0])
  })
})
