import {
  type Flow,
  flows,
  needsUser,
  type PublicConfig,
  type Status,
} from '@entra-bedrock-agent/identity-trace'
import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { askAgent } from './agent/ask.ts'
import { PageError, type PageProblem, pageProblem } from './agent/page-problem.ts'
import { readStatus } from './agent/public-config.ts'
import { storedKeys } from './browser/stored.ts'
import type { AskedQuestion } from './conversation/asked-question.ts'
import { Conversation } from './conversation/conversation.ts'
import type { Speaker } from './conversation/speaker.ts'
import { keepExchanges, readExchanges } from './conversation/stored-exchanges.ts'
import { followAddress } from './deep-link.ts'
import type { Pane } from './frame/tabs.tsx'
import { Session } from './sign-in/session.ts'
import { TraceView } from './trace/trace-view.ts'
import { describeNames, type Names } from './words/names.ts'

/** Everything the page works with, once the agent's configuration is known. */
export interface Page {
  readonly config: PublicConfig
  readonly status: Signal<Status | undefined>
  /** Why the agent does not tell its status. */
  readonly statusProblem: Signal<PageProblem | undefined>
  readonly session: Session
  readonly conversation: Conversation
  readonly trace: TraceView
  /** The pane that is shown where there is room for one only. */
  readonly pane: Signal<Pane>
  /** Whether the address led to an answer that is not here. */
  readonly linkMissed: ReadonlySignal<boolean>
  readonly names: Names
  /** What the status region says. */
  readonly announcement: Signal<string>
  refreshStatus(): Promise<void>
}

export function createPage(config: PublicConfig): Page {
  const announcement = signal('')
  const status: Page['status'] = signal(undefined)
  const statusProblem: Page['statusProblem'] = signal(undefined)
  const pane = signal<Pane>('conversation')
  const trace = new TraceView()
  const session = new Session(config, async (publicConfig, onSignedIn) => {
    const { createIdentityClient } = await import('./sign-in/identity-client.ts')
    return createIdentityClient(publicConfig, onSignedIn)
  })
  const needs = {
    ask: ({ request, userToken }: AskedQuestion, signal: AbortSignal) =>
      askAgent(request, { userToken, signal }),
    identify: (flow: Flow, renew: boolean) => identify(config, session, flow, renew),
    announce: (text: string) => {
      announcement.value = text
    },
  }
  const conversation = new Conversation(needs, readExchanges())
  keepConversation(conversation)
  forgetWhoLeaves(session, conversation, trace)
  const linkMissed = followAddress(conversation, trace, pane)
  if (session.available && hasStoredSession()) session.prepare()
  return {
    config,
    status,
    statusProblem,
    session,
    conversation,
    trace,
    pane,
    linkMissed,
    names: describeNames(config),
    announcement,
    async refreshStatus() {
      try {
        status.value = await readStatus()
        statusProblem.value = undefined
      } catch (error) {
        if (!(error instanceof PageError)) throw error
        status.value = undefined
        statusProblem.value = error.problem
      }
    },
  }
}

/** Not with every word of an answer: when an exchange begins and when it ends. */
function keepConversation(conversation: Conversation): void {
  effect(() => {
    conversation.running.value
    keepExchanges(conversation.exchanges.value.map(exchange => exchange.peek()))
  })
}

function forgetWhoLeaves(session: Session, conversation: Conversation, trace: TraceView): void {
  let user = session.account.peek()
  effect(() => {
    const left = user !== undefined && session.account.value?.objectId !== user.objectId
    user = session.account.value
    if (!left) return
    conversation.forgetUser()
    trace.revealed.value = false
  })
}

/** The user's token goes along only where it is needed. */
async function identify(
  config: PublicConfig,
  session: Session,
  flow: Flow,
  renew: boolean,
): Promise<Speaker> {
  const isNeeded = needsUser(flow) || config.requireSignIn
  const user = isNeeded ? await session.acquireToken(renew) : undefined
  switch (flows[flow].actsAs) {
    case 'agent':
      if (isNeeded && !user) throw signInRequired('This agent answers only people who are signed in.')
      return { kind: 'agent', userToken: user?.userToken }
    case 'user':
      if (!user) throw signInRequired('To act on your behalf, the agent has to know who you are.')
      return { kind: 'user', ...user }
  }
}

function signInRequired(reason: string): PageError {
  return new PageError(pageProblem('SIGN_IN_REQUIRED', reason))
}

/** MSAL keeps its session in this tab's storage, under keys of its own name. */
function hasStoredSession(): boolean {
  return storedKeys('session')?.some(key => key.startsWith('msal')) ?? false
}
