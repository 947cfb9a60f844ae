import { needsUser } from '@entra-agents/trace'
import { readStored, writeStored } from '@entra-agents/trace-view/browser/stored'
import { redactorFor } from '@entra-agents/trace-view/trace/redactor'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { effect, type Signal, signal } from '@preact/signals'
import type { PageProblem } from '../agent/page-problem.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { cutOffExchange, type Exchange } from '../conversation/exchange.ts'
import { type KeptExchanges, shownExchanges } from '../conversation/kept.ts'
import {
  isPastConversationKept,
  type PastConversation,
  readPastConversations,
  removeAllPastConversations,
  removePastConversation,
  writePastConversation,
} from './past-store.ts'

const settingKey = 'keep-no-conversations'
const keptIdKey = 'kept-conversation'

/** Limit of one conversation's traces, in characters; beyond it the oldest traces are left out. */
const mostTraceCharacters = 500_000

/**
 * The conversations that this browser keeps after their tab is closed. Those on behalf of a user belong to the user's
 * account, which they name by a hash. They contain no token, and their traces hold no personal data.
 */
export class PastConversations {
  readonly keepsNothing: Signal<boolean> = signal(readStored('local', settingKey) === true)
  /** Whether the browser had no room for the conversation of this tab. */
  readonly noRoom = signal(false)
  /** Changes whenever the kept conversations change. */
  readonly changes = signal(0)
  readonly #conversation: Conversation
  readonly #tenantId: string
  /** The conversation that this tab kept last, as JSON, and its id, which the tab remembers beyond a reload. */
  #lastKept: string | undefined
  #keptId: unknown = readStored('session', keptIdKey)
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Keeps the conversation of this tab from now on. */
  constructor(conversation: Conversation, tenantId: string) {
    this.#conversation = conversation
    this.#tenantId = tenantId
    const kept = conversation.keep()
    if (kept.id === this.#keptId) this.#noteKept(kept)
    // The user may have begun a new conversation before this code was loaded.
    const replaced = conversation.replaced.peek()
    if (replaced) this.keep(replaced)
    effect(() => {
      if (conversation.running.value || conversation.opened.value) return
      conversation.exchanges.value
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.keep())
    })
    addEventListener('pagehide', () => this.keep())
  }

  /** The conversations that may be listed while this account, or nobody, is signed in. */
  list(objectId: string | undefined): readonly PastConversation[] {
    const listed = objectId === undefined ? undefined : this.#ownerOf(objectId)
    return readPastConversations()
      .filter(({ owner }) => owner === undefined || owner === listed)
      .map(one => ({ ...one, kept: withOwners(one.kept, id => (id === listed && objectId) || id) }))
  }

  /** The conversations on behalf of a user, who may have signed out. */
  of(objectId: string): readonly PastConversation[] {
    return readPastConversations().filter(({ owner }) => owner === this.#ownerOf(objectId))
  }

  isCurrent({ kept }: PastConversation): boolean {
    return kept.id === this.#conversation.keep().id
  }

  /** Shows a kept conversation in this tab, to be continued. The tab's previous conversation is kept. */
  show({ kept }: PastConversation): void {
    this.keep()
    this.#conversation.closeFile()
    this.#conversation.show(kept)
    this.#noteKept(this.#conversation.keep())
  }

  remove(...conversations: readonly PastConversation[]): void {
    for (const { kept } of conversations) removePastConversation(kept.id)
    this.changes.value += 1
  }

  /** Removes everybody's conversations. The one in this tab stays until the tab is closed. */
  removeAll(): void {
    const kept = this.#conversation.keep()
    if (kept.exchanges.length > 0) this.#noteKept(kept)
    removeAllPastConversations()
    this.changes.value += 1
  }

  /** `true` deletes all conversations and keeps none from now on; `false` keeps conversations again, beginning with this tab's. */
  keepNothing(nothing: boolean): void {
    this.keepsNothing.value = nothing
    writeStored('local', settingKey, nothing)
    if (nothing) this.removeAll()
    else {
      this.#noteKept(undefined)
      this.keep()
    }
  }

  /** Keeps the conversation of this tab as it is now, unless it was kept so or has been deleted, here or in another tab. */
  keep(kept = this.#conversation.keep()): void {
    clearTimeout(this.#timer)
    // Another tab may have changed the setting.
    if (kept.exchanges.length === 0 || readStored('local', settingKey) === true) return
    const isSame = JSON.stringify(kept) === this.#lastKept
    const isDeleted = kept.id === this.#keptId && !isPastConversationKept(kept.id)
    const owner = this.#whose(kept)
    if (isSame || isDeleted || owner === 'unknown') return
    this.noRoom.value = !writePastConversation({
      owner,
      savedAt: new Date().toISOString(),
      title: shownExchanges(kept)[0]?.question.message.slice(0, 200) ?? '',
      kept: withOwners(withoutPersonalData(kept, this.#tenantId), id => this.#ownerOf(id)),
    })
    this.#noteKept(this.noRoom.value ? undefined : kept)
    this.changes.value += 1
  }

  /** The owner of a conversation; `unknown` if the page does not know for which user the agent acted. */
  #whose({ exchanges }: KeptExchanges): string | undefined {
    const [theirs] = exchanges.flatMap(({ owner }) => owner?.objectId ?? [])
    if (theirs !== undefined) return this.#ownerOf(theirs)
    return exchanges.some(({ question }) => needsUser(question.flow)) ? 'unknown' : undefined
  }

  #ownerOf(objectId: string): string {
    return bytesToHex(sha256(utf8ToBytes(`${this.#tenantId}.${objectId}`)))
  }

  /** Notes what this tab has kept: if it is gone later, the user has deleted it. */
  #noteKept(kept: KeptExchanges | undefined): void {
    this.#lastKept = JSON.stringify(kept)
    this.#keptId = kept?.id
    writeStored('session', keptIdKey, kept?.id ?? null)
  }
}

/** Replaces the object ids of the owners of answers. */
function withOwners(kept: KeptExchanges, replace: (objectId: string) => string): KeptExchanges {
  const exchanges = kept.exchanges.map(exchange => {
    const { owner } = exchange
    if (owner?.objectId === undefined) return exchange
    return { ...exchange, owner: { ...owner, objectId: replace(owner.objectId) } }
  })
  return { ...kept, exchanges }
}

/** Masks personal data and tenant in all but questions and answers, which stay as they were written. */
function withoutPersonalData(kept: KeptExchanges, tid: string): KeptExchanges {
  const oid = kept.exchanges.flatMap(({ owner }) => owner?.objectId ?? [])
  const known = { token: { role: 'Tc', observed: true, claims: { tid, oid } } } as const
  const redactor = redactorFor([...kept.exchanges.flatMap(({ steps }) => steps), known])
  let characters = 0
  const exchanges = kept.exchanges.toReversed().map((exchange): Exchange => {
    const steps = redactor.steps(exchange.steps)
    characters += JSON.stringify(steps).length
    const { problem, decided, notices, result } = exchange
    const { title, detail, hint, code } = problem ?? {}
    return cutOffExchange({
      ...exchange,
      steps: characters > mostTraceCharacters ? [] : steps,
      ...redactor.value({ decided, notices }),
      result: result && { ...redactor.value(result), answer: result.answer },
      problem: problem && redactor.value<PageProblem>({ title, detail, hint, code }),
    })
  })
  return { ...kept, exchanges: exchanges.reverse() }
}
