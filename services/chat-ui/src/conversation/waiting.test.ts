import type { TraceStep, TurnEvent } from '@entra-agents/trace'
import { step } from '@entra-agents/trace-view/testing/trace'
import { orderCall, pauseOf } from '@entra-agents/trace-view/testing/waiting'
import { describe, expect, it } from 'vitest'
import { PageError, pageProblem } from '../agent/page-problem.ts'
import { ada, converse, delta, result } from '../testing/converse.ts'
import { tellUnsent } from './tell-unsent.ts'

const turn: TurnEvent = {
  event: 'turn',
  data: { turnId: 't', mode: 'bedrock', flow: 'obo', model: null, startedAt: '2026-11-25T10:00:00.000Z' },
}
const event = (id: string, status: TraceStep['status']): TurnEvent => ({
  event: 'step',
  data: step(id, { status }),
})
const pauseEvent = (more: Parameters<typeof pauseOf>[0] = {}): TurnEvent => ({
  event: 'pause',
  data: pauseOf(more),
})

/** A conversation on behalf of Ada. The agent answers with these turns in order: events, or an error to throw. */
function converseForAda(...turns: Parameters<typeof converse>[0]) {
  const renewed: boolean[] = []
  const { conversation, asked, announced } = converse(turns, async (_question, renew) => {
    renewed.push(renew)
    return ada
  })
  conversation.mode.value = 'bedrock'
  conversation.flow.value = 'obo'
  const latest = () => {
    const exchange = conversation.exchanges.value.at(-1)
    if (!exchange) throw new Error('nothing was asked')
    return exchange
  }
  return { conversation, asked, announced, renewed, latest }
}

const approve = () => 'approve' as const
const untilPause = [
  turn,
  event('m', 'ok'),
  delta('I’ll ask.'),
  event('w', 'waiting'),
  pauseEvent({ answer: 'I’ll ask.' }),
]

describe('a turn that waits', () => {
  it('is not running, announces that it waits, and shows the text that came before the wait', async () => {
    const { conversation, latest, announced } = converseForAda(untilPause)
    await conversation.ask('Order skis')
    expect(conversation.running.value).toBe(false)
    expect(latest().value).toMatchObject({
      state: 'waiting',
      answer: 'I’ll ask.',
      pause: { kind: 'approval' },
    })
    expect(announced.at(-1)).toBe('Waiting for you.')
  })

  it('goes on with one decision for each call, as the same user, and continues its answer in a new paragraph', async () => {
    const earlier = [turn, result('Hello.')]
    const goesOn = [turn, event('w', 'ok'), event('n', 'ok'), delta('Do'), delta('ne.'), result('Done.')]
    const { conversation, asked, latest } = converseForAda(earlier, untilPause, goesOn)
    await conversation.ask('Hi')
    await conversation.ask('Order skis')
    await conversation.decide(latest(), approve)
    expect(asked[2]?.request).toEqual({
      continuation: 'sealed',
      decisions: [{ callId: 'c1', digest: 'd1', decision: 'approve' }],
      agent: 'a',
      mode: 'bedrock',
      flow: 'obo',
      pauseFor: ['consent'],
      history: [
        { role: 'user', text: 'Hi' },
        { role: 'assistant', text: 'Hello.' },
      ],
    })
    const { state, answer, steps, decided, pause } = latest().value
    expect([state, answer, pause]).toEqual(['done', 'I’ll ask.\n\nDone.', undefined])
    expect(steps.map(({ id, status }) => `${id} ${status}`)).toEqual(['m ok', 'w ok', 'n ok'])
    const { title, arguments: values, stepId } = orderCall
    expect(decided).toEqual([{ title, arguments: values, stepId, decision: 'approve' }])
    expect(conversation.exchanges.value).toHaveLength(2)
  })

  it('may wait several times, lists all decisions of the user, and adds up the time of its parts', async () => {
    const stepUp = [turn, pauseEvent({ kind: 'step-up', continuation: 'sealed-2' })]
    const { conversation, asked, latest } = converseForAda(untilPause, stepUp, [turn, result('Done.')])
    await conversation.ask('Order skis')
    await conversation.decide(latest(), approve)
    expect(latest().value).toMatchObject({
      state: 'waiting',
      answer: 'I’ll ask.',
      pause: { kind: 'step-up' },
    })
    await conversation.decide(latest(), approve)
    expect(asked[2]?.request).toMatchObject({ continuation: 'sealed-2' })
    expect(latest().value).toMatchObject({
      state: 'done',
      answer: 'I’ll ask.\n\nDone.',
      result: { timing: { firstTokenMs: 1, totalMs: 1 + 1 + 31 } },
    })
    expect(latest().value.decided).toMatchObject([
      { title: orderCall.title, decision: 'approve' },
      { kind: 'step-up', title: '', decision: 'approve' },
    ])
  })

  it('lists a consent only after the consent has taken effect, and also lists a declined consent', async () => {
    const scopes = [{ value: 'Orders.Read', text: 'Read orders' }]
    const consent = { url: '', adminUrl: '', state: '', scopes }
    const wait = [turn, pauseEvent({ kind: 'consent', consent })]
    const { conversation, latest } = converseForAda(wait, wait, [turn, result('Done.')], wait, [
      turn,
      result('No.'),
    ])
    await conversation.ask('Orders?')
    await conversation.decide(latest(), approve)
    expect(latest().value).toMatchObject({ state: 'waiting' })
    expect(latest().value.decided).toEqual([])
    await conversation.decide(latest(), approve)
    expect(latest().value.decided).toMatchObject([
      { kind: 'consent', title: 'Orders.Read', decision: 'approve' },
    ])
    await conversation.ask('Orders?')
    await conversation.decide(latest(), () => 'deny')
    expect(latest().value.decided).toMatchObject([{ kind: 'consent', decision: 'deny' }])
  })

  it('accepts only one decision, even if the user clicks twice', async () => {
    const { conversation, asked, latest } = converseForAda(untilPause, [turn, result('Done.')])
    await conversation.ask('Order skis')
    await Promise.all([conversation.decide(latest(), approve), conversation.decide(latest(), () => 'deny')])
    expect(asked).toHaveLength(2)
  })

  it('goes on waiting if the agent cannot be reached; the same decision can then be sent again', async () => {
    const unreachable = new PageError(pageProblem('AGENT_UNREACHABLE'))
    const { conversation, asked, latest } = converseForAda(untilPause, unreachable, [turn, result('Done.')])
    await conversation.ask('Order skis')
    await conversation.decide(latest(), approve)
    expect(latest().value).toMatchObject({ state: 'waiting', problem: { code: 'AGENT_UNREACHABLE' } })
    expect(latest().value.decided ?? []).toEqual([])
    await conversation.decide(latest(), approve)
    expect(asked[2]).toEqual(asked[1])
    expect(latest().value).toMatchObject({ state: 'done', problem: undefined })
  })

  it.each(['AGENT_UNREACHABLE', 'AGENT_SILENT', 'ANSWER_BROKEN_OFF', 'UNEXPECTED_RESPONSE'] as const)(
    'leaves open whether its calls were made if no answer came (%s), even after the turn has expired',
    async code => {
      const { conversation, latest, announced } = converseForAda(untilPause, new PageError(pageProblem(code)))
      await conversation.ask('Order skis')
      await conversation.decide(latest(), approve)
      expect(latest().value.sent).toEqual([{ callId: 'c1', digest: 'd1', decision: 'approve' }])
      expect(conversation.keep().exchanges).toMatchObject([{ state: 'stopped', unsent: 'unanswered' }])
      conversation.expire(latest(), tellUnsent)
      expect(latest().value).toMatchObject({ state: 'stopped', unsent: 'unanswered' })
      expect(announced.at(-1)).toBe('No answer came. What you approved may have been done.')
    },
  )

  it.each([
    ['a denial', 'AGENT_UNREACHABLE', 'deny'],
    ['an approval that the agent did not accept', 'AGENT_BUSY', 'approve'],
  ] as const)('has certainly made no call after %s', async (_what, code, decision) => {
    const problem = { ...pageProblem('AGENT_UNREACHABLE'), code }
    const { conversation, latest } = converseForAda(untilPause, new PageError(problem))
    await conversation.ask('Order skis')
    await conversation.decide(latest(), () => decision)
    expect(latest().value).toMatchObject({ state: 'waiting', problem: { code } })
    expect(latest().value.sent).toBeUndefined()
  })

  it.each(['APPROVAL_EXPIRED', 'APPROVAL_USED', 'STEP_UP_NOT_CARRIED', 'ALERT_LIMIT_REACHED'])(
    'fails with %s like any other turn',
    async code => {
      const problem = { ...pageProblem('AGENT_UNREACHABLE'), code, status: 409 }
      const { conversation, latest } = converseForAda(untilPause, new PageError(problem))
      await conversation.ask('Order skis')
      await conversation.decide(latest(), approve)
      expect(latest().value).toMatchObject({ state: 'failed', problem: { code } })
      expect(latest().value.pause).toBeUndefined()
    },
  )

  it('goes on with a renewed token if the token has expired meanwhile', async () => {
    const expired = new PageError({ ...pageProblem('SESSION_EXPIRED'), code: 'USER_TOKEN_EXPIRED' })
    const { conversation, asked, renewed, latest } = converseForAda(untilPause, expired, [
      turn,
      result('Done.'),
    ])
    await conversation.ask('Order skis')
    await conversation.decide(latest(), approve)
    expect(renewed).toEqual([false, false, true])
    expect(asked[2]).toEqual(asked[1])
    expect(latest().value.answer).toBe('I’ll ask.\n\nDone.')
  })

  it('ends when the user asks something else, and its calls are not sent', async () => {
    const { conversation, asked, latest } = converseForAda(untilPause, [turn, result('Sunny.')])
    await conversation.ask('Order skis')
    const left = latest()
    await conversation.ask('Weather?')
    expect(left.value).toMatchObject({ state: 'stopped', unsent: 'left' })
    await conversation.decide(left, approve)
    expect(asked).toHaveLength(2)
  })

  it('ends when its question is asked again or its time is over', async () => {
    const { conversation, latest, announced } = converseForAda(untilPause, untilPause)
    await conversation.ask('Order skis')
    const first = latest()
    await conversation.retry(first)
    expect(first.value).toMatchObject({ state: 'stopped', unsent: 'left' })
    conversation.expire(latest(), tellUnsent)
    expect(latest().value).toMatchObject({ state: 'stopped', unsent: 'expired' })
    expect(announced.at(-1)).toBe('Expired: not sent, and nothing was changed.')
  })

  it('is stored without its continuation', async () => {
    const { conversation } = converseForAda(untilPause)
    await conversation.ask('Order skis')
    const { exchanges } = conversation.keep()
    expect(exchanges).toMatchObject([{ state: 'stopped', unsent: 'left' }])
    expect(JSON.stringify(exchanges)).not.toContain('sealed')
  })
})
