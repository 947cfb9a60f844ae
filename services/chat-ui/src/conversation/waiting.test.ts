import { orderCall, pauseOf } from '@entra-agents/trace-view/testing/waiting'
import { describe, expect, it } from 'vitest'
import { converse, delta, failure, result, stepEvent, turn } from '../testing/converse.ts'
import { tellUnsent } from './tell-unsent.ts'

const pause = (more: Parameters<typeof pauseOf>[0] = {}) => ({ event: 'pause', data: pauseOf(more) }) as const
const untilPause = [
  turn,
  stepEvent('m', 'ok'),
  delta('I’ll ask.'),
  stepEvent('w', 'waiting'),
  pause({ answer: 'I’ll ask.' }),
]
const done = [turn, result('Done.')]
const approve = () => 'approve' as const
const deny = () => 'deny' as const

/** A conversation on behalf of Ada, who has asked one question. The agent answers with these turns in order. */
async function orderSkis(...turns: Parameters<typeof converse>[0]) {
  const its = converse(turns)
  its.conversation.mode.value = 'bedrock'
  its.conversation.flow.value = 'obo'
  await its.conversation.ask('Order skis')
  const decide = (decide = approve as typeof approve | typeof deny) =>
    its.conversation.decide(its.latest(), decide)
  return { ...its, decide }
}

describe('a turn that waits', () => {
  it('goes on with one decision for each call, as the same user, and continues its answer in a new paragraph', async () => {
    const events = [stepEvent('w', 'ok'), stepEvent('n', 'ok'), delta('Do'), delta('ne.')]
    const { conversation, announced, asked, latest, messages, decide } = await orderSkis(
      [turn, result('Hello.')],
      untilPause,
      [turn, ...events, result('Done.')],
    )
    await conversation.ask('Order more')
    expect([conversation.running.value, announced.at(-1)]).toEqual([false, 'Waits for you to approve.'])
    const waiting = { state: 'waiting', answer: 'I’ll ask.', pause: { kind: 'approval' } }
    expect(latest().value).toMatchObject(waiting)
    await decide()
    expect(asked[2]?.request).toEqual({
      continuation: 'sealed',
      decisions: [{ callId: 'c1', digest: 'd1', decision: 'approve' }],
      agent: 'a',
      mode: 'bedrock',
      flow: 'obo',
      pauseFor: ['consent'],
      history: [
        { role: 'user', text: 'Order skis' },
        { role: 'assistant', text: 'Hello.' },
      ],
    })
    const { state, answer, steps, decided, pause: left } = latest().value
    expect([state, answer, left]).toEqual(['done', 'I’ll ask.\n\nDone.', undefined])
    expect(steps.map(({ id, status }) => `${id} ${status}`)).toEqual(['m ok', 'w ok', 'n ok'])
    const { title, sentence, stepId } = orderCall
    const at = expect.stringMatching(/^2026-11-25T10:00:00/)
    expect(decided).toEqual([{ title, sentence, stepId, decision: 'approve', at }])
    expect(messages()).toEqual(['Order skis', 'Order more'])
  })

  it('may wait several times, lists all decisions of the user, and adds up the time of its parts', async () => {
    const stepUp = [turn, pause({ kind: 'step-up', continuation: 'sealed-2' })]
    const { asked, latest, decide } = await orderSkis(untilPause, stepUp, done)
    await decide()
    const shown = { state: 'waiting', answer: 'I’ll ask.', pause: { kind: 'step-up' } }
    expect(latest().value).toMatchObject(shown)
    await decide()
    expect(asked[2]?.request).toMatchObject({ continuation: 'sealed-2' })
    expect(latest().value).toMatchObject({
      state: 'done',
      answer: 'I’ll ask.\n\nDone.',
      result: { timing: { firstTokenMs: 1, totalMs: 1 + 1 + 31 } },
      decided: [
        { title: orderCall.title, decision: 'approve' },
        { kind: 'step-up', title: '', decision: 'approve' },
      ],
    })
  })

  it('lists a consent only after the consent has taken effect, and also lists a declined consent', async () => {
    const scopes = [{ value: 'Orders.Read', text: 'Read orders' }]
    const wait = [turn, pause({ kind: 'consent', consent: { url: '', adminUrl: '', state: '', scopes } })]
    const { conversation, latest, decide } = await orderSkis(wait, wait, done, wait, done)
    await decide()
    expect(latest().value).toMatchObject({ state: 'waiting', decided: [] })
    await decide()
    const decided = { kind: 'consent', title: 'Orders.Read', decision: 'approve' }
    expect(latest().value.decided).toMatchObject([decided])
    await conversation.ask('Orders?')
    await decide(deny)
    expect(latest().value.decided).toMatchObject([{ ...decided, decision: 'deny' }])
  })

  it('goes on waiting if the agent cannot be reached; the same decision can then be sent again', async () => {
    const { asked, latest, decide } = await orderSkis(untilPause, failure('AGENT_UNREACHABLE'), done)
    await decide()
    expect(latest().value).toMatchObject({ state: 'waiting', problem: { code: 'AGENT_UNREACHABLE' } })
    expect(latest().value.decided ?? []).toEqual([])
    await Promise.all([decide(), decide(deny)])
    expect(asked, 'only one decision, even if the user clicks twice').toHaveLength(3)
    expect(asked[2]).toEqual(asked[1])
    expect(latest().value).toMatchObject({ state: 'done', problem: undefined })
  })

  it.each(['AGENT_UNREACHABLE', 'AGENT_SILENT', 'ANSWER_BROKEN_OFF', 'UNEXPECTED_RESPONSE'])(
    'leaves open whether its calls were made if no answer came (%s), even after the turn has expired',
    async code => {
      const { conversation, latest, announced, decide } = await orderSkis(untilPause, failure(code))
      await decide()
      expect(latest().value.sent).toEqual([{ callId: 'c1', digest: 'd1', decision: 'approve' }])
      expect(conversation.keep().exchanges).toMatchObject([{ state: 'stopped', unsent: 'unanswered' }])
      conversation.expire(latest(), tellUnsent)
      expect(latest().value).toMatchObject({ state: 'stopped', unsent: 'unanswered' })
      expect(announced.at(-1)).toBe('No answer came. What you approved may have been done.')
    },
  )

  it.each([
    ['a denial', 'AGENT_UNREACHABLE', deny],
    ['an approval that the agent did not accept', 'AGENT_BUSY', approve],
  ])('has certainly made no call after %s', async (_what, code, decision) => {
    const { latest, decide } = await orderSkis(untilPause, failure(code))
    await decide(decision)
    expect(latest().value).toMatchObject({ state: 'waiting', problem: { code } })
    expect(latest().value.sent).toBeUndefined()
  })

  it.each(['APPROVAL_EXPIRED', 'APPROVAL_USED', 'STEP_UP_NOT_CARRIED', 'ALERT_LIMIT_REACHED'])(
    'fails with %s like any other turn',
    async code => {
      const { latest, decide } = await orderSkis(untilPause, failure(code))
      await decide()
      expect(latest().value).toMatchObject({ state: 'failed', problem: { code } })
      expect(latest().value.pause).toBeUndefined()
    },
  )

  it('goes on with a renewed token if the token has expired meanwhile', async () => {
    const expired = failure('USER_TOKEN_EXPIRED')
    const { asked, renewed, latest, decide } = await orderSkis(untilPause, expired, done)
    await decide()
    expect(renewed).toEqual([false, false, true])
    expect(asked[2]).toEqual(asked[1])
    expect(latest().value.answer).toBe('I’ll ask.\n\nDone.')
  })

  it('ends when the user asks something else, and its calls are not sent', async () => {
    const { conversation, asked, first } = await orderSkis(untilPause, [turn, result('Sunny.')])
    await conversation.ask('Weather?')
    expect(first().value).toMatchObject({ state: 'stopped', unsent: 'left' })
    await conversation.decide(first(), approve)
    expect(asked).toHaveLength(2)
  })

  it('ends when its question is asked again or its time is over', async () => {
    const { conversation, latest, announced } = await orderSkis(untilPause, untilPause)
    const left = latest()
    const { exchanges } = conversation.keep()
    expect(exchanges).toMatchObject([{ state: 'stopped', unsent: 'left' }])
    expect(JSON.stringify(exchanges), 'is stored without its continuation').not.toContain('sealed')
    await conversation.retry(left)
    expect(left.value).toMatchObject({ state: 'stopped', unsent: 'left' })
    conversation.expire(latest(), tellUnsent)
    expect(latest().value).toMatchObject({ state: 'stopped', unsent: 'expired' })
    expect(announced.at(-1)).toBe('Expired: not sent, and nothing was changed.')
  })
})
