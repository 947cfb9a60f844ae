import { step } from '@entra-agents/trace-view/testing/trace'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { exchange } from '../testing/converse.ts'
import { stubStorage } from '../testing/stub-storage.ts'
import { type KeptExchanges, toKept } from './kept.ts'
import { readConversation, storeConversation } from './stored-conversation.ts'

const ask = (message: string, answer = '') => exchange(message, { answer })
const messages = (kept: KeptExchanges | undefined) => kept?.exchanges.map(({ question }) => question.message)

describe('what a tab keeps over a reload', () => {
  beforeEach(() => void stubStorage('sessionStorage'))
  afterEach(() => void vi.unstubAllGlobals())

  it('is the whole conversation with all attempts; an unfinished answer is kept as far as it came, marked as cut off', async () => {
    const attempts = { ...toKept([ask('a'), ask('b1', 'half'), ask('b2')]), follows: [-1, 0, 0], shown: 1 }
    storeConversation(attempts)
    expect(await readConversation()).toMatchObject({
      ...attempts,
      exchanges: [{}, { state: 'stopped', isCutOff: true, answer: 'half' }, {}],
    })
  })

  it('is only the newest shown exchanges, and the number of those left out, if the conversation is too long', async () => {
    const many = Array.from({ length: 35 }, (_, index) => ask(`${index}`))
    storeConversation(toKept(many))
    expect(await readConversation()).toMatchObject({ left: 5, shown: 29 })
    storeConversation({
      ...toKept([ask('old', 'x'.repeat(1_400_000)), ask('aside'), ask('new', 'x'.repeat(200_000))]),
      follows: [-1, 0, 0],
    })
    expect(messages(await readConversation())).toEqual(['new'])
  })

  it('is as many of the newest exchanges as fit into a nearly full storage', async () => {
    stubStorage('sessionStorage', 1_000)
    storeConversation(toKept([ask('a', 'x'.repeat(700)), ask('b', 'x'.repeat(300)), ask('c')]))
    expect(messages(await readConversation())).toEqual(['c'])
    expect((await readConversation())?.left).toBe(2)
  })

  const decided = [{ title: 'Create order', arguments: {}, stepId: 's', decision: 'approve' }]
  const approval = { decision: 'approve', digest: 'd', waitedMs: 1 } as const
  const steps = [step('s', { status: 'waiting' }), step('a', { kind: 'approval', approval })]
  const whole = { ...ask('a'), steps, decided, before: 'x', unsent: 'left' }
  const kept = (stored: unknown = whole, more: object = {}) => ({
    ...toKept([]),
    exchanges: [stored],
    follows: [-1],
    shown: 0,
    ...more,
  })
  const withExchange = (change: object) => kept({ ...whole, ...change })
  const owner = { agent: 'a', flow: 'autonomous' }
  // biome-ignore format: table
  it.each([
    ['the same if nothing is wrong', kept(), ['a']],
    ['nothing if there is a cycle in `follows`', kept(whole, { follows: [0] }), undefined],
    ['nothing if `follows` has no entry for an exchange', kept(whole, { follows: [] }), undefined],
    ['nothing if an exchange is no object', kept(null), undefined],
    ['nothing if the index `shown` is no number', kept(whole, { shown: 'x' }), undefined],
    ['nothing if it has a pause', withExchange({ pause: {} }), undefined],
    ['nothing if a decision is invalid', withExchange({ decided: [{ ...decided[0], decision: 'maybe' }] }), undefined],
    ['nothing if a step is invalid', withExchange({ steps: [{}] }), undefined],
    ['nothing if a tool is invalid', withExchange({ steps: [{ ...step('s'), tool: { arguments: {} } }] }), undefined],
    ['nothing if a notice is invalid', withExchange({ notices: [{ title: 'Note' }] }), undefined],
    ['nothing if a mark is invalid', withExchange({ toolMarks: [{ stepId: 's' }] }), undefined],
    ['nothing if the turn is invalid', withExchange({ turn: { mode: 'model' } }), undefined],
    ['nothing if a problem is invalid', withExchange({ problem: 'AGENT_UNREACHABLE' }), undefined],
    ['nothing if the result is invalid', withExchange({ result: {} }), undefined],
    ['nothing if the owner has no user in a flow on behalf of a user', withExchange({ question: { ...whole.question, flow: 'obo' }, owner: { agent: 'a', flow: 'obo' } }), undefined],
    ['nothing if the owner’s flow is another', withExchange({ owner: { agent: 'a', flow: 'obo', objectId: 'ada' } }), undefined],
    ['nothing if the owner’s agent is another', withExchange({ owner: { ...owner, agent: 'b' } }), undefined],
    ['nothing if the owner has a user in a flow without a user', withExchange({ owner: { ...owner, objectId: 'ada' } }), undefined],
  ])('is %s', async (_what, stored, shown) => {
    stubStorage('sessionStorage')['conversation'] = JSON.stringify(stored)
    expect(messages(await readConversation())).toEqual(shown)
  })
})
