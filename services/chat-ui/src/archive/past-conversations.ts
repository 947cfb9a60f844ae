import { needsUser } from '@entra-bedrock-agent/identity-trace'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { effect, type Signal, signal } from '@preact/signals'
import { readStored, writeStored } from '../browser/stored.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { cutOffExchange, type Exchange } from '../conversation/exchange.ts'
import { type KeptExchanges, shownExchanges } from '../conversation/kept.ts'
import { redactorFor } from '../trace/redactor.ts'
import {
  type PastConversation,
  readPastConversation,
  readPastConversations,
  removeAllPastConversations,
  removePastConversation,
  writePastConversation,
} from './past-store.ts'

const settingKey = 'keep-no-conversations'
const tabConversationKey = 'past-conversation'

/** The kept conversation that this tab shows; `undefined` for a conversation not kept yet, `dropped` for a deleted one. */
type TabConversation = Pick<PastConversation, 'id' | 'revision' | 'owner'> | 'dropped' | undefined

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
  #current: TabConversation
  #left: TabConversation
  #timer: ReturnType<typeof setTimeout> | undefined

  /** Keeps the conversation of this tab from now on. */
  constructor(conversation: Conversation, tenantId: string) {
    this.#conversation = conversation
    this.#tenantId = tenantId
    this.#current = readTabConversation()
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

  isCurrent({ id }: PastConversation): boolean {
    return typeof this.#current === 'object' && this.#current.id === id
  }

  /** Shows a kept conversation in this tab, to be continued. The tab's previous conversation is kept. */
  show({ id, revision, owner, kept }: PastConversation): void {
    this.keep()
    this.#conversation.closeFile()
    this.#setCurrent({ id, revision, owner })
    this.#conversation.show(kept)
  }

  remove(...conversations: readonly PastConversation[]): void {
    for (const one of conversations) {
      if (this.isCurrent(one)) this.#setCurrent('dropped')
      removePastConversation(one.id)
    }
    this.changes.value += 1
  }

  /** Removes everybody's conversations. The one in this tab stays until the tab is closed. */
  removeAll(): void {
    this.#setCurrent('dropped')
    removeAllPastConversations()
    this.changes.value += 1
    this.keep()
  }

  /** `true` deletes all conversations and keeps none from now on; `false` keeps conversations again, beginning with this tab's. */
  keepNothing(nothing: boolean): void {
    this.keepsNothing.value = nothing
    writeStored('local', settingKey, nothing)
    if (nothing) this.removeAll()
    else {
      this.#setCurrent(undefined)
      this.keep()
    }
  }

  /** Keeps the conversation of this tab as it is now. */
  keep(kept = this.#conversation.keep()): void {
    clearTimeout(this.#timer)
    if (kept.exchanges.length === 0) {
      if (this.#current) this.#left = this.#current
      this.#setCurrent(undefined)
      return
    }
    // Another tab may have changed the setting.
    if (readStored('local', settingKey) === true || this.#current === 'dropped') return
    const owner = this.#whose(kept)
    if (owner === 'unknown') return
    const current = this.#find(owner, kept)
    if (current === 'dropped') {
      this.#setCurrent('dropped')
      return
    }
    const masked = withOwners(withoutPersonalData(kept, this.#tenantId), id => this.#ownerOf(id))
    if (current && JSON.stringify(readPastConversation(current.id)?.kept) === JSON.stringify(masked)) {
      this.#setCurrent(current)
      return
    }
    const next = { id: current?.id ?? newId(), revision: newId(), owner }
    this.noRoom.value = !writePastConversation({
      ...next,
      savedAt: new Date().toISOString(),
      title: shownExchanges(kept)[0]?.question.message.slice(0, 200) ?? '',
      kept: masked,
    })
    this.#setCurrent(this.noRoom.value ? undefined : next)
    this.changes.value += 1
  }

  /** The kept conversation to overwrite; `dropped` if deleted, `undefined` if another tab changed it or another user owns it. */
  #find(owner: string | undefined, kept: KeptExchanges): TabConversation {
    const current = this.#current ?? this.#takenBack(kept)
    if (typeof current !== 'object') return current
    if (current.owner !== undefined && current.owner !== owner) return undefined
    const stored = readPastConversation(current.id)
    if (!stored) return 'dropped'
    return stored.revision === current.revision ? current : undefined
  }

  /** The kept conversation that a new one had replaced, if the user has brought it back. */
  #takenBack({ exchanges }: KeptExchanges): TabConversation {
    const left = this.#left
    if (typeof left !== 'object') return undefined
    const [first] = readPastConversation(left.id)?.kept.exchanges ?? []
    const isFirst = first?.question.message === exchanges[0]?.question.message
    return isFirst && first?.turn?.turnId === exchanges[0]?.turn?.turnId ? left : undefined
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

  #setCurrent(current: TabConversation): void {
    this.#current = current
    writeStored('session', tabConversationKey, current ?? null)
  }
}

function readTabConversation(): TabConversation {
  const stored = readStored('session', tabConversationKey)
  if (stored === 'dropped') return 'dropped'
  const { id, revision, owner } = Object(stored) as Record<string, unknown>
  if (typeof id !== 'string' || typeof revision !== 'string') return undefined
  return { id, revision, owner: typeof owner === 'string' ? owner : undefined }
}

function newId(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map(part => part.toString(36)).join('')
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
    return cutOffExchange({
      ...exchange,
      steps: characters > mostTraceCharacters ? [] : steps,
      ...redactor.value({ decided, notices }),
      ...(result && {
        result: { ...result, ...redactor.value({ tools: result.tools, notices: result.notices }) },
      }),
      problem:
        problem &&
        redactor.value({
          title: problem.title,
          detail: problem.detail,
          hint: problem.hint,
          code: problem.code,
        }),
    })
  })
  return { ...kept, exchanges: exchanges.reverse() }
}
