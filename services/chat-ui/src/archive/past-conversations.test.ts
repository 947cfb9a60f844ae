import { step } from '@entra-agents/trace-view/testing/trace'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Conversation, type ConversationNeeds } from '../conversation/conversation.ts'
import type { Exchange } from '../conversation/exchange.ts'
import { toKept } from '../conversation/kept.ts'
import { exchange as anyExchange, problem, turnResult } from '../testing/converse.ts'
import { stubStorage } from '../testing/stub-storage.ts'
import { PastConversations } from './past-conversations.ts'

const ada = 'ada-oid'
const tid = '11111111-2222-4333-8444-555555555555'
const claims = { upn: 'ada@example.org', idtyp: 'user', scp: 'x' }
const tokenStep = (more: object = claims) =>
  step('s', { title: 'TR for ada@example.org', token: { role: 'TR', observed: true, claims: { ...more } } })

const exchange = (message: string, more: Partial<Exchange> = {}) =>
  anyExchange(message, { state: 'done', owner: { agent: 'a', flow: 'autonomous' }, ...more })
function exchangeFor(objectId: string, message: string, more: Partial<Exchange> = {}): Exchange {
  const question = { message, agent: 'a', mode: 'direct', flow: 'obo' } as const
  const owner = { agent: 'a', flow: 'obo', objectId } as const
  return exchange(message, { question, owner, steps: [tokenStep()], ...more })
}
const needs: ConversationNeeds = {
  ask: async function* () {},
  identify: async () => ({ agent: 'a', flow: 'autonomous', userToken: undefined }),
  announce: () => {},
}

/** A tab, which shares the local storage with the others. */
function openTab(...exchanges: Exchange[]) {
  const session = stubStorage('sessionStorage')
  const conversation = new Conversation(needs, 'a', toKept(exchanges))
  const past = new PastConversations(conversation, tid)
  past.keep()
  return { conversation, past, session }
}
type Tab = ReturnType<typeof openTab>

/** Asks one more question in a tab. */
function askMore({ conversation, past }: Tab, message: string): void {
  const { exchanges, id } = conversation.keep()
  conversation.show(toKept([...exchanges, exchange(message)], 0, id))
  past.keep()
}
const titles = (past: PastConversations, who?: string) => past.list(who).map(({ title }) => title)
const questions = (past: PastConversations) =>
  past.list(undefined).map(({ kept }) => kept.exchanges.map(({ question }) => question.message))

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
    const tab = openTab(exchange('two'))
    expect(titles(tab.past)).toEqual(['two', 'one'])
    tab.past.list(undefined).slice(1).forEach(tab.past.show, tab.past)
    expect(tab.past.list(undefined).map(one => tab.past.isCurrent(one))).toEqual([false, true])
    vi.advanceTimersByTime(1_000)
    askMore(tab, 'more')
    expect(questions(tab.past)).toEqual([['one', 'more'], ['two']])
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

  it.each([
    ['with a token', 1],
    ['without any token', 0],
  ])(
    'hold no id of the user or the tenant, and belong to the user all the same, %s in the trace',
    (_what, tokens) => {
      const oid = 'eeeeeeee-0000-4000-8000-00000000000e'
      const ids = `${oid} in ${tid}, ${oid.replaceAll('-', '')}`
      const call = { name: 'get_order', arguments: { [oid]: ids }, status: 'ok' } as const
      const notices = [{ ...problem('REFUSED'), detail: ids, hint: ids, requestId: ids }]
      const { past, session } = openTab(
        exchangeFor(oid, 'mine', {
          steps: [tokenStep({ idtyp: 'user', oid, tid })].slice(0, tokens),
          notices,
          problem: notices[0],
          decided: [{ title: ids, sentence: [{ value: ids }], stepId: 's', decision: 'approve' }],
          result: turnResult({ tools: [call], notices }).data,
        }),
      )
      for (const id of [oid, tid, oid.replaceAll('-', '')])
        expect(JSON.stringify([local, session])).not.toContain(id)
      const owner = { agent: 'a', flow: 'obo', objectId: oid }
      expect(past.list(oid)[0]?.kept.exchanges[0]).toMatchObject({
        owner,
        notices: [{ code: 'REFUSED' }],
      })
      expect([past.list('another'), past.list(undefined)]).toEqual([[], []])
    },
  )

  it('are not kept if they were held on behalf of an unknown user', () => {
    openTab(exchangeFor(ada, 'mine', { owner: undefined }))
    expect(local).toEqual({})
  })

  it('stay with the account of a user who signs out; the questions left in the tab become another conversation', () => {
    const { past, conversation } = openTab(exchange('as itself'), exchangeFor(ada, 'for Ada'))
    conversation.forgetUser()
    past.keep()
    expect(past.of(ada).map(({ kept }) => kept.exchanges.length)).toEqual([2])
    expect(titles(past)).toEqual(['as itself'])
  })

  it('are one, though two tabs show it: the tab in which the user asked last is kept', () => {
    const first = openTab(exchange('one'))
    const second = openTab()
    first.past.list(undefined).forEach(second.past.show, second.past)
    askMore(second, 'in the second')
    first.past.keep()
    expect(questions(first.past)).toEqual([['one', 'in the second']])
    askMore(first, 'in the first')
    expect(questions(second.past)).toEqual([['one', 'in the first']])
  })

  it('stay deleted even if a tab still shows them, whichever tab deleted them, until another one begins there', () => {
    const first = openTab(exchange('one'))
    const second = openTab(exchange('two'))
    second.past.removeAll()
    for (const { past, conversation } of [first, second]) {
      past.keep()
      conversation.startOver()
      conversation.undoStartOver()
      past.keep()
    }
    expect(titles(first.past)).toEqual([])
    second.conversation.startOver()
    askMore(second, 'three')
    expect(titles(second.past)).toEqual(['three'])
    const empty = openTab()
    empty.past.removeAll()
    askMore(empty, 'four')
    expect(titles(empty.past), 'one that begins in an empty tab').toEqual(['four'])
  })

  it('stay deleted in a tab that is loaded again; those that were kept as they are, are not written again', () => {
    const { past, conversation } = openTab(exchange('one'))
    const again = () => {
      vi.advanceTimersByTime(1_000)
      const reloaded = new PastConversations(new Conversation(needs, 'a', conversation.keep()), tid)
      reloaded.keep()
      return reloaded.list(undefined)
    }
    expect(again()).toEqual(past.list(undefined))
    past.remove(...past.list(undefined))
    expect(again()).toEqual([])
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
    askMore(first, 'more')
    openTab(exchange('in a tab of its own'))
    expect(Object.keys(local)).toEqual(['keep-no-conversations'])
    second.past.keepNothing(false)
    expect(titles(second.past)).toEqual(['two'])
  })

  it('are fifty at most, and fewer beyond the limit of their characters: the newest', () => {
    for (let index = 0; index < 52; index += 1) {
      vi.advanceTimersByTime(1_000)
      openTab(exchange(`${index}`))
    }
    expect(titles(openTab().past)).toEqual(Array.from({ length: 50 }, (_, index) => `${51 - index}`))
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
    local['past-conversation.x'] = '{"savedAt":"s","title":"<b>","kept":{}}'
    local['past-conversation.y'] = 'null'
    expect(titles(past)).toEqual([])
    past.removeAll()
    expect(local).toEqual({})
  })
})
