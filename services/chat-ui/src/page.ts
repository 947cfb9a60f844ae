import {
  type Comparison,
  type Flow,
  flowNames,
  type Mode,
  needsUser,
  type PublicConfig,
} from '@entra-agents/trace'
import { readStored, storedKeys, writeStored } from '@entra-agents/trace-view/browser/stored'
import { TraceView } from '@entra-agents/trace-view/trace/trace-view'
import { describeNames } from '@entra-agents/trace-view/words/names'
import { spellOutDirections } from '@entra-agents/trace-view/words/visible-text'
import { computed, effect, type Signal, signal, untracked } from '@preact/signals'
import { createAgentStatus } from './agent/agent-status.ts'
import { agentNamed } from './agent/documents.ts'
import { PageError, pageProblem, problemOf } from './agent/page-problem.ts'
import type { PastConversations } from './archive/past-conversations.ts'
import { Asking } from './conversation/asking.ts'
import { Conversation, type ConversationNeeds, type Identify } from './conversation/conversation.ts'
import type { KeptExchanges } from './conversation/kept.ts'
import { storeConversation } from './conversation/stored-conversation.ts'
import type { Pane } from './frame/tabs.tsx'
import type { SideBySide } from './side-by-side/side-by-side.ts'
import { Session } from './sign-in/session.ts'

/** Everything the page works with, once the agent's configuration is known. */
export type Page = ReturnType<typeof createPage>

/** @param kept the conversation that this tab held before a reload */
export function createPage(config: PublicConfig, kept: KeptExchanges | undefined) {
  /** What the status region says. */
  const announcement = signal('')
  /** The pane that is shown if there is room for only one. */
  const pane = signal<Pane>('conversation')
  /** Before the first question: which of the questions to try the trace shows a sample of. */
  const shownTry = signal(0)
  const trace = new TraceView()
  const session = new Session(config, async onSignedIn => {
    const { createIdentityClient } = await import('./sign-in/identity-client.ts')
    return createIdentityClient(config, onSignedIn)
  })
  const needs: ConversationNeeds = {
    async *ask({ request, userToken }, signal) {
      const askAgent = await loadAsk()
      yield* askAgent(request, { userToken, signal })
    },
    identify: createIdentify(config, session),
    announce(text) {
      announcement.value = spellOutDirections(text)
    },
  }
  const conversation = new Conversation(needs, config.agents[0]?.name ?? '', kept)
  const asking = new Asking(conversation, session, config)
  keepConversation(conversation)
  effect(() => {
    if (conversation.running.value) trace.unplayed = conversation.exchanges.peek().at(-1)
  })
  keepComposer(conversation, config)
  let past: Promise<PastConversations> | undefined
  /** The conversations that this browser keeps; the code for them is loaded when first needed. */
  const loadPast = () => {
    past ??= import('./archive/past-conversations.ts').then(
      module => new module.PastConversations(conversation, config.tenantId),
    )
    return past
  }
  effect(() => {
    if (conversation.exchanges.value.length > 0) void loadPast()
  })
  /** One question in two flows or to two agents at once, shown instead of the conversation. */
  const sideBySide = signal<SideBySide | undefined>(undefined)
  const closeSideBySide = () => {
    sideBySide.value?.close()
    sideBySide.value = undefined
  }
  /** A user who has signed out and has not yet decided whether their conversations are kept. */
  const keptOnSignOut = signal<{ readonly objectId: string; readonly count: number } | undefined>(undefined)
  onUserChange(session, async (left, isReplaced) => {
    keptOnSignOut.value = undefined
    if (left === undefined) return
    conversation.forgetUser()
    closeSideBySide()
    if (isReplaced) return
    const count = (await loadPast()).of(left).length
    if (count > 0) keptOnSignOut.value = { objectId: left, count }
  })
  if (session.available && hasStoredSession()) void session.restore()
  return {
    config,
    needs,
    conversation,
    trace,
    pane,
    shownTry,
    sideBySide,
    closeSideBySide,
    /** Whether the address named an answer that is not in this conversation, until the conversation changes. */
    linkMissed: signal(false),
    /** Why the trace that the address carries cannot be shown, until the conversation changes. */
    linkFault: signal(''),
    ...createAgentStatus(),
    session,
    asking,
    names: describeNames(config),
    loadPast,
    keptOnSignOut,
    announcement,
    /** Prepares to ask the selected answer's question again, in two flows or to two agents at once. */
    async openSideBySide() {
      const answer = conversation.selected.peek()
      if (!answer || conversation.opened.peek()) return
      const { besideAnswer } = await import('./side-by-side/side-by-side.ts')
      sideBySide.value = besideAnswer(needs, conversation, answer, config)
    },
    /** Asks two agents the same question at once, with a model. A user who has to sign in for it does so first. */
    async compare({ question, flow, agents }: Comparison) {
      const isSignedOut = session.account.peek() === undefined && !session.restoring.peek()
      if (needsUser(flow) && isSignedOut) {
        // Without a user both sides say that one is needed, and offer to sign in again.
        await problemOf(session.signIn())
        // Another press has opened another window.
        if (session.signingIn.peek()) return
      }
      const { SideBySide } = await import('./side-by-side/side-by-side.ts')
      const [left, right] = agents
      const sides = [
        { agent: left, flow },
        { agent: right, flow },
      ] as const
      // The address of the pair does not name the mode.
      conversation.mode.value = 'bedrock'
      const pair = new SideBySide(needs, { message: question, mode: 'bedrock', sides })
      sideBySide.value = pair
      pair.askBoth()
    },
  }
}

/** Loads the code that asks the agent; it is not needed before the first question. */
export async function loadAsk() {
  try {
    return (await import('./agent/ask.ts')).askAgent
  } catch {
    throw new PageError(pageProblem('AGENT_UNREACHABLE'))
  }
}

/** Stores the conversation when an exchange begins or ends and when the page is left, not with every word of an answer. */
function keepConversation(conversation: Conversation): void {
  // Leaving the page breaks its connections; the failure that this causes in a running answer is not stored.
  let isLeaving = false
  const keep = () => {
    if (!isLeaving) storeConversation(conversation.keep())
  }
  effect(() => {
    conversation.running.value
    conversation.exchanges.value
    keep()
  })
  addEventListener('pagehide', () => {
    keep()
    isLeaving = true
  })
  addEventListener('pageshow', () => {
    isLeaving = false
  })
}

/** Keeps half-written questions, and agent, mode and flow of the next one, over a reload. A conversation stays with its agent. */
function keepComposer({ agent, mode, flow, draft, setAside, exchanges }: Conversation, config: PublicConfig) {
  const isText = (value: unknown) => typeof value === 'string'
  keepSignal('draft', draft, isText)
  keepSignal('set-aside', setAside, isText)
  keepSignal('agent', agent, name => isText(name) && exchanges.peek().length === 0)
  keepSignal('mode', mode, name => config.modes.includes(name as Mode))
  keepSignal('flow', flow, name => flowNames.includes(name as Flow))
  effect(() => {
    const offered = agentNamed(config, agent.value)?.flows ?? []
    const [first] = offered
    if (first && !offered.includes(flow.value)) flow.value = first
  })
}

/** Gives a signal the value that it had before a reload, if it can still have it, and keeps its value from now on. */
function keepSignal<Value>(key: string, kept: Signal<Value>, isPossible: (value: unknown) => boolean) {
  const stored = readStored('session', key)
  if (isPossible(stored)) kept.value = stored as Value
  effect(() => void writeStored('session', key, kept.value))
}

/**
 * Calls a function whenever a user signs in or out, passing the object id of the user who has left, if any, and whether another
 * user is signed in instead.
 */
function onUserChange(
  session: Session,
  changed: (left: string | undefined, isReplaced: boolean) => Promise<void>,
): void {
  let before = session.account.peek()?.objectId
  const user = computed(() => session.account.value?.objectId)
  effect(() => {
    const [left, now] = [before, user.value]
    before = now
    if (left !== now) untracked(() => void changed(left, now !== undefined))
  })
}

/** Tells who asks a question: agent, flow and, only if the flow or the agent needs it, the user's token. */
function createIdentify(config: PublicConfig, session: Session): Identify {
  return async ({ agent, flow }, renew) => {
    const known = agentNamed(config, agent)
    if (!known) throw new PageError(pageProblem('AGENT_NOT_HERE', `Its name was “${agent}”.`))
    const isNeeded = needsUser(flow) || known.requireSignIn
    const user = isNeeded ? await session.acquireToken(renew) : undefined
    if (needsUser(flow)) {
      if (!user) throw signInRequiredError('To act for you, the agent has to know who you are.')
      return { agent, flow, ...user }
    }
    if (isNeeded && !user) throw signInRequiredError('This agent answers only users who are signed in.')
    return { agent, flow, userToken: user?.userToken }
  }
}

function signInRequiredError(reason: string): PageError {
  return new PageError(pageProblem('SIGN_IN_REQUIRED', reason))
}

/** MSAL keeps its session in this tab's storage, under keys that begin with its name. */
function hasStoredSession(): boolean {
  return storedKeys('session')?.some(key => key.startsWith('msal')) ?? false
}
