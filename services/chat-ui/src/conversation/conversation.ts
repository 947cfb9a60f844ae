import {
  chatLimits,
  countCharacters,
  type Flow,
  type Mode,
  needsUser,
  type PauseKind,
  type TurnEvent,
} from '@entra-agents/trace'
import { speakDuration } from '@entra-agents/trace-view/words/times'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import { type AskedQuestion, askedBy, type ContinuedTurn } from './asked-question.ts'
import { attemptsAt, newestAfter, pathTo, withoutItems } from './attempts.ts'
import {
  applyEvent,
  continueExchange,
  type Decide,
  dropPause,
  type Exchange,
  failExchange,
  noteDecision,
  type Question,
  startExchange,
  stopExchange,
} from './exchange.ts'
import { type KeptExchanges, newConversationId, type OpenedFile, toKept } from './kept.ts'
import { ownerOf, type Speaker } from './speaker.ts'

export interface ConversationNeeds {
  readonly ask: (question: AskedQuestion, signal: AbortSignal) => AsyncIterable<TurnEvent>
  /** Returns who asks this agent in this flow. Throws a PageError if a needed user is missing or the agent unknown. */
  readonly identify: Identify
  /** Announces a state to screen readers, in a few words. */
  readonly announce: (text: string) => void
}

export type Identify = (asked: Pick<Question, 'agent' | 'flow'>, renew: boolean) => Promise<Speaker>

/** An exchange that changes as its answer comes in. */
export type LiveExchange = Signal<Exchange>

/** The conversation of this page: what was said, what is being answered, and which answer's trace is shown. */
export class Conversation {
  /** The name of the agent that is asked. The whole conversation is with the same agent. */
  readonly agent: Signal<string>
  readonly mode = signal<Mode>('direct')
  readonly flow = signal<Flow>('autonomous')
  readonly draft = signal('')
  /** During an edit: the draft that was in the composer before the edited question. */
  readonly setAside = signal('')
  /** How many characters of the draft would be sent, counted as the agent counts them (code points). */
  readonly length: ReadonlySignal<number> = computed(() => countCharacters(this.draft.value.trim()))
  /** The exchanges that are shown. Of several attempts at the same place in the conversation, one is shown. */
  readonly exchanges: Signal<readonly LiveExchange[]> = signal([])
  readonly running: ReadonlySignal<boolean> = computed(
    () => this.exchanges.value.at(-1)?.value.state === 'running',
  )
  /** The exchange whose trace is shown: the newest, until another one is chosen. */
  readonly selected: Signal<LiveExchange | undefined> = signal(undefined)
  /** The exchange whose question is being edited; sending the edit adds another attempt at the same place. */
  readonly editing: Signal<LiveExchange | undefined> = signal(undefined)
  /** The conversation that this new one replaced, as long as it can be brought back. */
  readonly replaced: Signal<KeptExchanges | undefined> = signal(undefined)
  /** How many earlier questions are missing, since they could not be kept; they came before the first one shown. */
  readonly left = signal(0)
  /** The file whose answers are shown. Meanwhile nothing is asked, and `keep` returns the conversation behind the file. */
  readonly opened: Signal<OpenedFile | undefined> = signal(undefined)
  readonly #needs: ConversationNeeds
  #id = newConversationId()
  #behindFile: KeptExchanges | undefined
  /** All exchanges, shown or not, each with the one that it follows. */
  #follows = new Map<LiveExchange, LiveExchange | undefined>()
  #stop: AbortController | undefined
  /** Whether the answer that is coming in belongs to the signed-in user. */
  #isForUser = false

  /** @param agent the name of the agent that is asked; a kept conversation stays with its own agent */
  constructor(needs: ConversationNeeds, agent: string, kept?: KeptExchanges) {
    this.#needs = needs
    this.agent = signal(agent)
    if (kept) this.show(kept)
  }

  /** Replaces the present conversation with a kept one, which stays with its own agent, and goes on in its last flow. */
  show(kept: KeptExchanges): void {
    this.agent.value = kept.exchanges[0]?.question.agent ?? this.agent.peek()
    this.flow.value = kept.exchanges[kept.shown]?.question.flow ?? this.flow.peek()
    this.#display(kept)
  }

  #display({ id, exchanges, follows, shown, left }: KeptExchanges): void {
    this.stop()
    this.#id = id
    this.left.value = left
    const live = exchanges.map(exchange => signal(exchange))
    this.#follows = new Map(live.map((exchange, index) => [exchange, live[follows[index] ?? -1]]))
    this.#showPathTo(live[shown])
  }

  /** The present conversation in the form in which it is kept: all questions, and which of them are shown. */
  keep(): KeptExchanges {
    if (this.#behindFile) return this.#behindFile
    const all = [...this.#follows.keys()]
    const indexOf = (exchange: LiveExchange | undefined) => (exchange ? all.indexOf(exchange) : -1)
    return {
      id: this.#id,
      // A turn that waits is kept without its pause.
      exchanges: all.map(exchange => dropPause(exchange.peek(), 'left')),
      follows: all.map(exchange => indexOf(this.#follows.get(exchange))),
      shown: indexOf(this.exchanges.peek().at(-1)),
      left: this.left.peek(),
    }
  }

  /**
   * Shows answers from a file until it is closed. They are read-only: no question follows them or has them as
   * history.
   */
  open(file: OpenedFile, exchanges: readonly Exchange[]): void {
    this.stop()
    const kept = this.keep()
    this.cancelEdit()
    this.#display(toKept(exchanges))
    this.#behindFile = { ...kept, exchanges: kept.exchanges.map(stopExchange) }
    this.opened.value = file
    this.#needs.announce(`From a ${file.isLink ? 'link' : 'file'}; this page did not see it.`)
  }

  closeFile(): void {
    const kept = this.#behindFile
    this.#behindFile = undefined
    this.opened.value = undefined
    if (kept) this.#display(kept)
  }

  /** The number of an exchange among the attempts at its place, from 1 on, and how many attempts there are. */
  attemptOf(exchange: LiveExchange): { readonly number: number; readonly total: number } {
    const attempts = attemptsAt(this.#follows, exchange)
    return { number: attempts.indexOf(exchange) + 1, total: attempts.length }
  }

  /** Shows the attempt before (-1) or after (1) this one, with what was asked after it. */
  showAttempt(exchange: LiveExchange, by: -1 | 1): void {
    const attempts = attemptsAt(this.#follows, exchange)
    const other = attempts[attempts.indexOf(exchange) + by]
    if (!other || this.running.value) return
    this.#showPathTo(newestAfter(this.#follows, other))
    this.selected.value = other
    const { number, total } = this.attemptOf(other)
    this.#needs.announce(`Attempt ${number} of ${total}.`)
  }

  #showPathTo(exchange: LiveExchange | undefined): void {
    this.exchanges.value = pathTo(this.#follows, exchange)
    this.selected.value = exchange
  }

  /** Asks the question in the draft. */
  async send(): Promise<void> {
    const message = this.draft.value.trim()
    if (message === '' || !this.#canAsk) return
    if (this.length.value > chatLimits.messageCharacters) {
      this.#needs.announce('Not sent: the question is too long.')
      return
    }
    const edited = this.editing.value
    this.#endEdit()
    if (edited) await this.#runInPlaceOf(edited, this.#start(message))
    else await this.ask(message)
  }

  get #canAsk(): boolean {
    return !this.running.value && !this.opened.value
  }

  /** Puts an earlier question into the draft. The previous draft comes back when the edit ends. */
  edit(exchange: LiveExchange): void {
    if (this.opened.value) return
    const { message } = exchange.value.question
    if (!this.editing.value) this.setAside.value = this.draft.value === message ? '' : this.draft.value
    this.editing.value = exchange
    this.draft.value = message
  }

  cancelEdit(): void {
    if (this.editing.value) this.#endEdit()
  }

  #endEdit(): void {
    this.editing.value = undefined
    this.draft.value = this.setAside.value
    this.setAside.value = ''
  }

  /** Asks a question in the chosen mode and flow; does nothing while another one is being answered. */
  async ask(message: string): Promise<void> {
    if (!this.#canAsk) return
    await this.#run(this.#start(message), this.exchanges.value.at(-1))
  }

  #start(message: string): Exchange {
    const [agent, mode, flow] = [this.agent.value, this.mode.value, this.flow.value]
    return startExchange({ message, agent, mode, flow })
  }

  /** Asks a question again, in the same or another mode and flow. This makes another attempt at the same place. */
  async retry(exchange: LiveExchange, asked?: Partial<Pick<Question, 'mode' | 'flow'>>): Promise<void> {
    if (!this.#canAsk) return
    await this.#runInPlaceOf(exchange, startExchange({ ...exchange.value.question, ...asked }))
  }

  /** Runs another attempt. An earlier attempt that never reached the agent has nothing to show and is replaced. */
  async #runInPlaceOf(exchange: LiveExchange, start: Exchange): Promise<void> {
    const before = this.#follows.get(exchange)
    if (!exchange.value.turn) this.#follows = withoutItems(this.#follows, other => other === exchange)
    await this.#run(start, before)
  }

  /**
   * Continues a turn that waits, with the user's decisions about its calls. The turn goes on waiting if the agent was busy or no
   * answer came. Without an answer, the agent may have made the calls; the same decisions, sent again, make no call twice.
   */
  async decide(exchange: LiveExchange, decide: Decide): Promise<void> {
    const waiting = exchange.value
    const { pause } = waiting
    if (!pause || !this.#canAsk) return
    const decisions = pause.calls.map(call => ({
      callId: call.callId,
      digest: call.digest,
      decision: decide(call),
    }))
    exchange.value = continueExchange(waiting, decide)
    await this.#complete(exchange, { continuation: pause.continuation, decisions })
    const { problem, pause: next } = exchange.value
    if (!problem || !maySendAgain(problem)) {
      if (next?.kind !== pause.kind) exchange.value = noteDecision(exchange.value, pause, decide)
      return
    }
    const mayBeDone =
      unknownOutcomeCodes.includes(problem.code) && decisions.some(({ decision }) => decision === 'approve')
    exchange.value = { ...waiting, problem, ...(mayBeDone && { sent: decisions }) }
  }

  /** Ends a turn whose time to wait is over: its calls are not sent. `tell` puts the outcome into words. */
  expire(exchange: LiveExchange, tell: (ended: Exchange) => string): void {
    exchange.value = dropPause(exchange.value, 'expired')
    this.#needs.announce(tell(exchange.value))
  }

  /** Asks the latest question again if it only waited for a sign-in. */
  async askWaiting(): Promise<void> {
    const latest = this.exchanges.value.at(-1)
    if (latest?.value.problem?.code === 'SIGN_IN_REQUIRED') await this.retry(latest)
  }

  /** Ends the running answer of a user who is leaving, and drops the questions and drafts in flows that need a user. */
  forgetUser(): void {
    this.closeFile()
    if (this.running.value && this.#isForUser) this.stop()
    const isTheirs = ({ value }: LiveExchange) => needsUser(value.question.flow)
    if (this.editing.value && isTheirs(this.editing.value)) this.cancelEdit()
    if (needsUser(this.flow.value)) for (const draft of [this.draft, this.setAside]) draft.value = ''
    if (this.replaced.value?.exchanges.some(({ question }) => needsUser(question.flow)))
      this.replaced.value = undefined
    const { selected } = this
    const chosen = selected.value
    // What is left is another conversation, so that the user's own is kept as it was.
    if ([...this.#follows.keys()].some(isTheirs)) this.#id = newConversationId()
    this.#follows = withoutItems(this.#follows, isTheirs)
    const remaining = this.exchanges.value.findLast(exchange => this.#follows.has(exchange))
    this.#showPathTo(remaining ?? [...this.#follows.keys()].at(-1))
    if (chosen && this.#follows.has(chosen)) selected.value = chosen
  }

  /** Gives an exchange a new problem, for example that the sign-in was cancelled. */
  fail(exchange: LiveExchange, problem: PageProblem): void {
    exchange.value = failExchange(exchange.value, problem)
    this.#needs.announce(announceableProblem(problem))
  }

  stop(): void {
    this.#stop?.abort()
  }

  startOver(): void {
    this.closeFile()
    this.cancelEdit()
    if (this.#follows.size > 0) this.replaced.value = this.keep()
    this.show(toKept([]))
    this.#needs.announce('New conversation.')
  }

  /** Asks another agent from now on, in a new conversation that takes over nothing of this one. */
  switchTo(agent: string): void {
    if (this.agent.peek() === agent) return
    this.startOver()
    this.agent.value = agent
  }

  /** Brings back the conversation that a new one replaced. */
  undoStartOver(): void {
    const replaced = this.replaced.value
    this.replaced.value = undefined
    if (!replaced) return
    this.show({ ...replaced, exchanges: replaced.exchanges.map(stopExchange) })
    this.#needs.announce('The earlier conversation is back.')
  }

  async #run(start: Exchange, before: LiveExchange | undefined): Promise<void> {
    // A new question ends all turns that wait for the user: their calls can no longer be sent.
    for (const other of this.#follows.keys()) other.value = dropPause(other.value, 'left')
    const exchange = signal(start)
    this.replaced.value = undefined
    this.#follows = new Map([...this.#follows, [exchange, before]])
    this.exchanges.value = pathTo(this.#follows, exchange)
    this.selected.value = exchange
    this.#needs.announce('Question sent.')
    await this.#complete(exchange)
  }

  /** Runs a turn to its end. A token that the agent or Entra rejects as expired is renewed once, without asking the user. */
  async #complete(exchange: LiveExchange, continued?: ContinuedTurn): Promise<void> {
    const stop = new AbortController()
    this.#stop = stop
    const start = exchange.value
    this.#isForUser = needsUser(start.question.flow)
    const attempt = (renew: boolean) => this.#attempt(exchange, continued, renew, stop.signal)
    try {
      await attempt(false).catch(error => {
        if (stop.signal.aborted || !isExpiredToken(error)) throw error
        exchange.value = start
        return attempt(true)
      })
      this.#needs.announce(endAnnouncement(exchange.value))
    } catch (error) {
      if (!stop.signal.aborted && error instanceof PageError) {
        this.fail(exchange, error.problem)
        return
      }
      exchange.value = stopExchange(exchange.value)
      if (!stop.signal.aborted) throw error
      this.#needs.announce('Answer stopped.')
    }
  }

  async #attempt(
    exchange: LiveExchange,
    continued: ContinuedTurn | undefined,
    renew: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { question, answer } = exchange.value
    const speaker = await this.#needs.identify(question, renew)
    signal.throwIfAborted()
    this.#isForUser ||= speaker.userToken !== undefined
    exchange.value = { ...exchange.value, owner: ownerOf(speaker) }
    const earlier = pathTo(this.#follows, this.#follows.get(exchange)).map(({ value }) => value)
    for await (const event of this.#needs.ask(askedBy(speaker, question, earlier, continued), signal)) {
      signal.throwIfAborted()
      // Entra may reject as expired a token that the agent accepted; the agent reports the rejection in the event stream.
      const failure = event.event === 'problem' ? new PageError(event.data) : undefined
      if (!renew && isExpiredToken(failure) && exchange.value.answer === answer) throw failure
      this.#announceEvent(event, exchange.value)
      exchange.value = applyEvent(exchange.value, event)
    }
  }

  /** Announces states, not the answer's text: a screen reader reads the text when the user goes there. */
  #announceEvent({ event, data }: TurnEvent, { answer, steps }: Exchange): void {
    if (event === 'delta' && answer === '') this.#needs.announce('Answer started.')
    if (event === 'step' && data.kind === 'tool' && !steps.some(({ id }) => id === data.id))
      this.#needs.announce(data.tool?.name ?? data.title)
  }
}

function isExpiredToken(error: unknown): boolean {
  return error instanceof PageError && error.problem.code === 'USER_TOKEN_EXPIRED'
}

/** Title and hint for screen readers, without the hint's JSON (such as a policy), which is there to be copied. */
function announceableProblem({ title, hint }: PageProblem): string {
  return `${title} ${hint.split('{', 1)[0]}`
}

/** Codes of failures after which it is unknown what the agent has done. */
const unknownOutcomeCodes = ['AGENT_UNREACHABLE', 'AGENT_SILENT', 'ANSWER_BROKEN_OFF', 'UNEXPECTED_RESPONSE']

/** Whether the same request may be sent again a little later: the agent did nothing yet, or will do nothing twice. */
function maySendAgain({ code }: PageProblem): boolean {
  return ['AGENT_BUSY', 'RATE_LIMITED', ...unknownOutcomeCodes].includes(code)
}

const pauseAnnouncements: Readonly<Record<PauseKind, string>> = {
  approval: 'Waits for you to approve.',
  'step-up': 'Waits for you to confirm that it’s you.',
  consent: 'Waits for you to consent.',
}

function endAnnouncement({ problem, pause, result }: Exchange): string {
  if (pause) return pauseAnnouncements[pause.kind]
  if (problem) return announceableProblem(problem)
  return result ? `Answer complete, ${speakDuration(result.timing.totalMs)}.` : 'Answer complete.'
}
