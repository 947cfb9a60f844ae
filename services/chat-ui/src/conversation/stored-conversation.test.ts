import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startExchange } from './exchange.ts'
import { type KeptExchanges, toKept } from './kept.ts'
import { readConversation, storeConversation } from './stored-conversation.ts'

/** A tab's storage with room for this many characters. */
function stubStorage(room = 5_000_000): Map<string, string> {
  const items = new Map<string, string>()
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => items.get(key) ?? null,
    setItem(key: string, value: string) {
      if (value.length > room) throw new DOMException('Full.', 'QuotaExceededError')
      items.set(key, value)
    },
  })
  return items
}

const ask = (message: string, answer = '') => ({
  ...startExchange({ message, agent: 'a', mode: 'direct', flow: 'autonomous' }),
  answer,
})
const step = { id: 's', kind: 'tool', from: 'bedrock', to: 'agent', title: '', status: 'ok' }
const messages = (kept: KeptExchanges | undefined) => kept?.exchanges.map(({ question }) => question.message)

describe('what a tab keeps over a reload', () => {
  beforeEach(() => void stubStorage())
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
    stubStorage(1_000)
    storeConversation(toKept([ask('a', 'x'.repeat(700)), ask('b', 'x'.repeat(300)), ask('c')]))
    expect(messages(await readConversation())).toEqual(['c'])
    expect((await readConversation())?.left).toBe(2)
  })

  it.each([
    ['a cycle in `follows`', { follows: [0] }],
    ['an exchange with no entry in `follows`', { follows: [] }],
    ['an exchange that is no object', { exchanges: [null] }],
    ['an index `shown` that is no number', { shown: 'x' }],
  ])('is nothing if the stored value has %s', async (_what, change) => {
    stubStorage().set('conversation', JSON.stringify({ ...toKept([ask('a')]), ...change }))
    expect(await readConversation()).toBeUndefined()
  })

  it.each([
    ['the pause', { pause: {} }],
    ['a decision', { decided: [{ title: 'Create', arguments: {}, stepId: 's', decision: 'maybe' }] }],
    ['a step', { steps: [{}] }],
    ['a claim list', { steps: [{ ...step, token: { role: 'TR', observed: true, claims: [] } }] }],
    ['a tool', { steps: [{ ...step, tool: { arguments: {} } }] }],
    ['a mark', { toolMarks: [{ stepId: 's' }] }],
    ['the turn', { turn: { mode: 'model' } }],
    ['a problem', { problem: 'AGENT_UNREACHABLE' }],
    ['a notice', { notices: [{ title: 'Note' }] }],
    ['the result', { result: {} }],
    ['the owner’s flow', { owner: { agent: 'a', flow: 'obo', objectId: 'ada' } }],
    ['the owner’s agent', { owner: { agent: 'b', flow: 'autonomous' } }],
    [
      'the owner’s user, in a flow without a user,',
      { owner: { agent: 'a', flow: 'autonomous', objectId: 'ada' } },
    ],
  ])('is nothing if %s is invalid', async (_what, change) => {
    const items = stubStorage()
    const store = (exchange: object) =>
      items.set('conversation', JSON.stringify({ ...toKept([ask('a')]), exchanges: [exchange] }))
    const decided = [{ title: 'Create order', arguments: {}, stepId: 's', decision: 'approve' }]
    const approval = { decision: 'approve', digest: 'd', waitedMs: 1 }
    const steps = [
      { ...step, status: 'waiting' },
      { ...step, id: 'a', kind: 'approval', approval },
    ]
    store({ ...ask('a'), steps, decided, before: 'x', unsent: 'left' })
    expect(messages(await readConversation())).toEqual(['a'])
    store({ ...ask('a'), ...change })
    expect(await readConversation()).toBeUndefined()
  })
})
