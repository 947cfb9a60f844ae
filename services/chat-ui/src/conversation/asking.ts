import type { PublicConfig } from '@entra-agents/trace'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { agentNamed } from '../agent/documents.ts'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import type { Session } from '../sign-in/session.ts'
import type { Conversation } from './conversation.ts'
import { type Try, wantsUser } from './tries.ts'

/** Asks questions and, if a user has to sign in first, opens the sign-in window: one press, one window, and the question is sent. */
export class Asking {
  /** Whether the next question needs a user, and none is signed in. */
  readonly isSignInDue: ReadonlySignal<boolean>
  /** Why the question is still in the composer: the sign-in before it failed. */
  readonly unsent: Signal<PageProblem | undefined> = signal(undefined)
  readonly #conversation: Conversation
  readonly #session: Session

  constructor(conversation: Conversation, session: Session, config: PublicConfig) {
    this.#conversation = conversation
    this.#session = session
    this.isSignInDue = computed(() => {
      const agent = agentNamed(config, conversation.agent.value)
      const isSignedOut = session.account.value === undefined && !session.restoring.value
      return session.available && isSignedOut && wantsUser(agent, conversation.flow.value)
    })
  }

  /** Asks the question in the composer. */
  async send(): Promise<void> {
    if (this.#conversation.length.peek() === 0) return
    if (await this.#signIn()) await this.#conversation.send()
  }

  /** Asks the question of a try. If the sign-in fails, the question is in the composer, unless another one is. */
  async ask({ question, agent, flow }: Try): Promise<void> {
    const { draft, running } = this.#conversation
    if (running.peek()) return
    this.#conversation.switchTo(agent.name)
    this.#conversation.flow.value = flow
    if (this.isSignInDue.peek() && this.#conversation.length.peek() === 0) draft.value = question
    if (!(await this.#signIn())) return
    if (draft.peek() === question) draft.value = ''
    await this.#conversation.ask(question)
  }

  /** Signs in if that is due. Resolves to whether the question may be sent: to the same agent in the same flow as when it was asked. */
  async #signIn(): Promise<boolean> {
    this.unsent.value = undefined
    if (!this.isSignInDue.peek()) return true
    const { agent, flow } = this.#conversation
    const [askedAgent, askedFlow] = [agent.peek(), flow.peek()]
    const problem = await problemOf(this.#session.signIn())
    // If another press has opened a window since, this one was cancelled by that.
    if (!this.#session.signingIn.peek()) this.unsent.value = problem
    return !problem && agent.peek() === askedAgent && flow.peek() === askedFlow
  }
}
