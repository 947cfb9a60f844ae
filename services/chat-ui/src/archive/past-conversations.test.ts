import type { TraceStep } from '@entra-bedrock-agent/identity-trace'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Conversation } from '../conversation/conversation.ts'
import { type Exchange, startExchange } from '../conversation/exchange.ts'
import { toKept } from '../conversation/kept.ts'
import { PastConversations } from './past-conversations.ts'

const ada = 'ada-oid'
const tid = '11111111-2222-4333-8444-555555555555'
const step: TraceStep = {
  id: 's',
  kind: 'token',
  from: 'sidecar',
  to: 'agent',
  title: 'TR for ada@example.org',
  status: 'ok',
  token: { role: 'TR', observed: true, claims: { upn: 'ada@example.org', idtyp: 'user', scp: 'x' } },
}

let turnCount = 0
function exchange(message: string, more: Partial<Exchange> = {}): Exchange {
  turnCount += 1
  const turn = {
    turnId: `t${turnCount}`,
    mode: 'direct',
    flow: 'autonomous',
    model: null,
    startedAt: '',
  } as const
  const owner = { agent: 'a', flow: 'autonomous' } as const
  return {
    ...startExchange({ message, agent: 'a', mode: 'direct', flow: 'autonomous' }),
    state: 'done',
    turn,
    owner,
    ...more,
  }
}
function exchangeFor(objectId: string, message: string): Exchange {
  const question = { message, agent: 'a', mode: 'direct', flow: 'obo' } as const
  return exchange(message, { question, owner: { agent: 'a', flow: 'obo', objectId }, steps: [step] })
}
/** A storage like the browser's: its items are own members, so that `Object.keys` lists them. */
function stubStorage(name: string, room = 5_000_000): Record<string, string> {
  const items: Record<string, string> = {}
  const methods = {
    getItem: (key: string) => items[key] ?? null,
    setItem(key: string, value: string) {
      const others = Object.entries(items).reduce(
        (sum, [other, kept]) => sum + (other === key ? 0 : kept.length),
        0,
      )
      if (others + value.length > room) throw new DOMException('Full.', 'QuotaExceededError')
      items[key] = value
    },
    removeItem: (key: string) => delete items[key],
  }
  vi.stubGlobal(
    name,
    new Proxy(items, { get: (target, key: string) => methods[key as keyof typeof methods] ?? target[key] }),
  )
  return items
}

/** A tab, which shares the local storage with the others. */
function openTab(...exchanges: Exchange[]) {
  const session = stubStorage('sessionStorage')
  const needs = {
    ask: async function* () {},
    identify: async () => ({ agent: 'a', flow: 'autonomous', userToken: undefined }) as const,
    announce: () => {},
  }
  const conversation = new Conversation(needs, 'a', toKept(exchanges))
  const past = new PastConversations(conversation, tid)
  past.keep()
  return { conversation, past, session }
}
const titles = (past: PastConversations, who?: string) => past.list(who).map(({ title }) => title)

describe('conversations that outlive their tab', () => {
  let local: Record<string, string>
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('addEventListener', () => {})
    local = stubStorage('localStorage')
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  it('have the first shown question as title, not an earlier attempt at that question', () => {
    const { past, conversation } = openTab()
    conversation.show({ ...toKept([exchange('Dallas?'), exchange('Rome?')]), follows: [-1, -1] })
    past.keep()
    expect(titles(past)).toEqual(['Rome?'])
  })

  it('are listed, newest first, and can be continued', () => {
    openTab(exchange('one'))
    vi.advanceTimersByTime(1_000)
    const { past, conversation } = openTab(exchange('two'))
    expect(titles(past)).toEqual(['two', 'one'])
    const [, one] = past.list(undefined)
    if (one) past.show(one)
    vi.advanceTimersByTime(1_000)
    conversation.show(toKept([exchange('one'), exchange('more')]))
    past.keep()
    expect(past.list(undefined).map(({ kept }) => kept.exchanges.length)).toEqual([2, 1])
  })

  it('on behalf of a user belong to the user’s account, and are listed for nobody else', () => {
    const { past } = openTab(exchange('as itself'), exchangeFor(ada, 'for Ada'))
    expect([titles(past), titles(past, 'ben'), titles(past, ada)]).toEqual([[], [], ['as itself']])
    expect(past.of(ada)).toHaveLength(1)
    past.remove(...past.of(ada))
    expect(local).toEqual({})
  })

  it('hold the text unchanged, and the trace without anything that names the user', () => {
    const { past } = openTab(exchangeFor(ada, 'Write to ada@example.org'))
    const [kept] = past.list(ada)
    expect(kept?.kept.exchanges[0]).toMatchObject({ question: { message: 'Write to ada@example.org' } })
    expect(JSON.stringify(kept?.kept.exchanges[0]?.steps)).not.toContain('ada@example.org')
  })

  it.each(['Null', 'True', 'Deny', 'Status', 'Title', 'Arguments'])(
    'are kept whatever their user is called, such as %s',
    given_name => {
      const claims = { idtyp: 'user', oid: ada, given_name, family_name: 'Approve' }
      const decided = [
        {
          title: `For ${given_name}`,
          arguments: { note: null, isUrgent: true, to: given_name },
          stepId: 's',
          decision: 'deny',
        },
      ] as const
      const question = { message: 'mine', agent: 'a', mode: 'direct', flow: 'obo' } as const
      const owner = { agent: 'a', flow: 'obo', objectId: ada } as const
      const steps = [{ ...step, token: { role: 'TR', observed: true, claims } } as const]
      const { past } = openTab(exchange('mine', { question, owner, steps, decided }))
      expect(past.list(ada)[0]?.kept.exchanges[0]?.decided).toEqual([
        {
          title: 'For ‹given_name hidden›',
          arguments: { note: null, isUrgent: true, to: '‹given_name hidden›' },
          stepId: 's',
          decision: 'deny',
        },
      ])
    },
  )

  it.each([
    ['with a token', 1],
    ['without any token', 0],
  ])(
    'hold no id of the user or the tenant, and belong to the user all the same, %s in the trace',
    (_what, tokens) => {
      const oid = 'eeeeeeee-0000-4000-8000-00000000000e'
      const ids = `${oid} in ${tid}, ${oid.replaceAll('-', '')}`
      const problem = {
        type: 'about:blank',
        title: 'Refused',
        status: 403,
        detail: ids,
        code: 'REFUSED',
        hint: ids,
        requestId: 'r',
      }
      const turn = { turnId: 't', mode: 'direct', flow: 'obo', model: null, startedAt: '' } as const
      const question = { message: 'mine', agent: 'a', mode: 'direct', flow: 'obo' } as const
      const owner = { agent: 'a', flow: 'obo', objectId: oid } as const
      const call = { name: 'get_order', arguments: { [oid]: ids }, status: 'ok' } as const
      const asked = exchange('mine', {
        question,
        owner,
        turn,
        steps: [
          { ...step, token: { role: 'TR', observed: true, claims: { idtyp: 'user', oid, tid } } } as const,
        ].slice(0, tokens),
        notices: [problem],
        problem,
        decided: [{ title: ids, arguments: { [oid]: ids }, stepId: 's', decision: 'approve' }],
        result: {
          ...turn,
          answer: 'Done.',
          usage: null,
          timing: { firstTokenMs: 0, totalMs: 0 },
          tools: [call],
          notices: [problem],
          finishReason: 'stop',
        },
      })
      const { past, session } = openTab(asked)
      for (const id of [oid, tid, oid.replaceAll('-', '')]) {
        expect(JSON.stringify(local)).not.toContain(id)
        expect(JSON.stringify(session)).not.toContain(id)
      }
      const [kept] = past.list(oid)
      expect(kept?.kept.exchanges[0]).toMatchObject({ owner, notices: [{ code: 'REFUSED', status: 403 }] })
      expect([past.list('another'), past.list(undefined)]).toEqual([[], []])
    },
  )

  it('are not kept if they were held on behalf of an unknown user', () => {
    const question = { message: 'mine', agent: 'a', mode: 'direct', flow: 'obo' } as const
    openTab(exchange('x', { question, owner: undefined }))
    expect(local).toEqual({})
  })

  it('stay with the account of a user who signs out; the questions left in the tab become another conversation', () => {
    const { past, conversation } = openTab(exchange('as itself'), exchangeFor(ada, 'for Ada'))
    conversation.forgetUser()
    past.keep()
    expect(past.of(ada).map(({ kept }) => kept.exchanges.length)).toEqual([2])
    expect(titles(past)).toEqual(['as itself'])
  })

  it('are split in two if two tabs continue the same conversation', () => {
    const first = openTab(exchange('one'))
    const [one] = first.past.list(undefined)
    const second = openTab()
    if (one) second.past.show(one)
    second.conversation.show(toKept([exchange('one'), exchange('in the second')]))
    second.past.keep()
    first.conversation.show(toKept([exchange('one'), exchange('in the first')]))
    first.past.keep()
    const last = first.past.list(undefined).map(({ kept }) => kept.exchanges.at(-1)?.question.message)
    expect(last.sort()).toEqual(['in the first', 'in the second'])
  })

  it('stay deleted even if a tab still shows them, whichever tab deleted them', () => {
    const first = openTab(exchange('one'))
    const second = openTab(exchange('two'))
    second.past.removeAll()
    first.past.keep()
    second.past.keep()
    expect(titles(first.past)).toEqual([])
    second.conversation.startOver()
    second.past.keep()
    second.conversation.show(toKept([exchange('three')]))
    second.past.keep()
    expect(titles(second.past)).toEqual(['three'])
  })

  it('are kept even if they begin in an empty tab that has just deleted all others', () => {
    const { past, conversation } = openTab()
    past.removeAll()
    conversation.show(toKept([exchange('one')]))
    past.keep()
    expect(titles(past)).toEqual(['one'])
  })

  it('are not duplicated if the start of a new conversation is undone', () => {
    const { past, conversation } = openTab(exchange('one'))
    conversation.startOver()
    past.keep()
    conversation.undoStartOver()
    past.keep()
    expect(titles(past)).toEqual(['one'])
  })

  it('are deleted when the user switches keeping off, and kept in no tab until the user switches keeping on again', () => {
    const first = openTab(exchange('one'))
    const second = openTab(exchange('two'))
    second.past.keepNothing(true)
    first.past.keep()
    expect(titles(first.past)).toEqual([])
    expect(Object.keys(local)).toEqual(['keep-no-conversations'])
    second.past.keepNothing(false)
    expect(titles(second.past)).toEqual(['two'])
  })

  it('are fifty at most, the newest', () => {
    for (let index = 0; index < 52; index += 1) {
      vi.advanceTimersByTime(1_000)
      openTab(exchange(`${index}`))
    }
    expect(titles(openTab().past)).toEqual(Array.from({ length: 50 }, (_, index) => `${51 - index}`))
  })

  it('are dropped beyond the limit of their characters, the oldest first', () => {
    for (let index = 0; index < 52; index += 1) {
      vi.advanceTimersByTime(1_000)
      openTab(exchange(`${index}`))
    }
    const { past } = openTab(exchange('last', { answer: 'x'.repeat(1_990_000) }))
    expect(titles(past).slice(0, 2)).toEqual(['last', '51'])
    expect(titles(past).length).toBeLessThan(50)
  })

  it('replace older conversations in a full storage, and set `noRoom` if there is no room even then', () => {
    local = stubStorage('localStorage', 2_000)
    openTab(exchange('one', { answer: 'x'.repeat(800) }))
    vi.advanceTimersByTime(1_000)
    const { past } = openTab(exchange('two', { answer: 'x'.repeat(800) }))
    expect([titles(past), past.noRoom.value]).toEqual([['two'], false])
    expect(openTab(exchange('three', { answer: 'x'.repeat(3_000) })).past.noRoom.value).toBe(true)
  })

  it('are not listed if the stored value is malformed', () => {
    const { past } = openTab()
    local['past-conversation.x'] = '{"id":"x","revision":"r","savedAt":"s","title":"<b>","kept":{}}'
    local['past-conversation.y'] = 'null'
    expect(titles(past)).toEqual([])
    past.removeAll()
    expect(local).toEqual({})
  })
})
