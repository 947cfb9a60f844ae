import {
  chatLimits,
  type Flow,
  type Mode,
  needsUser,
  type TurnEvent,
} from '@entra-bedrock-agent/identity-trace'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import { speakDuration } from '../words/times.ts'
import { AskedQuestion } from './asked-question.ts'
import { applyEvent, type Exchange, failExchange, startExchange, stopExchange } from './exchange.ts'
import { ownerOf, type Speaker } from './speaker.ts'

export interface ConversationNeeds {
  readonly ask: (question: AskedQuestion, signal: AbortSignal) => AsyncIterable<TurnEvent>
  /** In whose name a question of this flow is asked. Throws a PageError when a user is needed and missing. */
  readonly identify: (flow: Flow, renew: boolean) => Promise<Speaker>
  /** Tells a state, in a few words, to those who cannot see it. */
  readonly announce: (text: string) => void
}

/** The same question is not sent twice within this time: the second press is part of the first. */
const pressedTwiceMs = 500

/** An exchange that changes as its answer comes in. */
export type LiveExchange = Signal<Exchange>

/** The conversation of this page: what was said, what is being answered, and which answer's trace is shown. */
export class Conversation {
  readonly mode = signal<Mode>('direct')
  readonly flow = signal<Flow>('autonomous')
  readonly draft = signal('')
  /** How many characters of the draft would be sent, counted as the agent counts them (code points). */
  readonly length: ReadonlySignal<number> = computed(() => countCharacters(this.draft.value.trim()))
  readonly exchanges: Signal<readonly LiveExchange[]> = signal([])
  readonly running: ReadonlySignal<boolean> = computed(
    () => this.exchanges.value.at(-1)?.value.state === 'running',
  )
  /** The exchange whose trace is shown: the newest, until another one is chosen. */
  readonly selected: Signal<LiveExchange | undefined> = signal(undefined)
  /** The exchange whose question is being written anew; it and what came after it go when that is sent. */
  readonly editing: Signal<LiveExchange | undefined> = signal(undefined)
  readonly #needs: ConversationNeeds
  #stop: AbortController | undefined
  /** Whether the answer that is coming in belongs to the signed-in user. */
  #isForUser = false
  #sent = { question: '', atMs: Number.NEGATIVE_INFINITY }
  /** What stood in the draft when an earlier question took its place. */
  #setAside = ''

  constructor(needs: ConversationNeeds, earlier: readonly Exchange[] = []) {
    this.#needs = needs
    this.exchanges.value = earlier.map(exchange => signal(exchange))
    this.selected.value = this.exchanges.value.at(-1)
  }

  /** Asks what stands in the draft. It comes back into the draft when it cannot be answered. */
  async send(): Promise<void> {
    const message = this.draft.value.trim()
    if (message === '' || this.running.value || this.#wasJustSent(message)) return
    if (this.length.value > chatLimits.messageCharacters) {
      this.#needs.announce('Not sent: the question is too long.')
      return
    }
    this.#sent = { question: this.#questionOf(message), atMs: performance.now() }
    this.draft.value = this.#setAside
    this.#setAside = ''
    const edited = this.editing.value ? this.exchanges.value.indexOf(this.editing.value) : -1
    if (edited >= 0) this.exchanges.value = this.exchanges.value.slice(0, edited)
    this.editing.value = undefined
    await this.ask(message)
  }

  #wasJustSent(message: string): boolean {
    const { question, atMs } = this.#sent
    return question === this.#questionOf(message) && performance.now() - atMs < pressedTwiceMs
  }

  /** The same words in another mode or flow are another question. */
  #questionOf(message: string): string {
    return [this.mode.value, this.flow.value, message].join(' ')
  }

  /** Takes an earlier question back into the draft. What stood there comes back when the edit is over. */
  edit(exchange: LiveExchange): void {
    const { message } = exchange.value.question
    if (!this.editing.value) this.#setAside = this.draft.value === message ? '' : this.draft.value
    this.editing.value = exchange
    this.draft.value = message
  }

  cancelEdit(): void {
    this.editing.value = undefined
    this.draft.value = this.#setAside
    this.#setAside = ''
  }

  /** Asks a question in the chosen mode and flow. One at a time. */
  async ask(message: string): Promise<void> {
    if (this.running.value) return
    await this.#run(startExchange({ message, mode: this.mode.value, flow: this.flow.value }))
  }

  /** Asks a question again as it was asked, or in another mode. An exchange without an answer makes way for the new one. */
  async retry(exchange: LiveExchange, mode?: Mode): Promise<void> {
    if (this.running.value) return
    const question = { ...exchange.value.question, ...(mode ? { mode } : {}) }
    if (exchange.value.state !== 'done')
      this.exchanges.value = this.exchanges.value.filter(other => other !== exchange)
    if (this.draft.value === question.message) this.draft.value = ''
    await this.#run(startExchange(question))
  }

  /** Asks the latest question if it only waited for somebody to sign in. */
  async askWaiting(): Promise<void> {
    const latest = this.exchanges.value.at(-1)
    if (latest?.value.problem?.code === 'SIGN_IN_REQUIRED') await this.retry(latest)
  }

  /** Drops what was asked on behalf of a user, who is leaving, and ends what is being answered for them. */
  forgetUser(): void {
    if (this.running.value && this.#isForUser) this.stop()
    const isTheirs = ({ value }: LiveExchange) => needsUser(value.question.flow)
    const theirs = this.exchanges.value.filter(isTheirs)
    if (this.editing.value && isTheirs(this.editing.value)) this.cancelEdit()
    if (theirs.some(({ value }) => value.question.message === this.draft.value)) this.draft.value = ''
    this.exchanges.value = this.exchanges.value.filter(exchange => !isTheirs(exchange))
    if (this.selected.value && isTheirs(this.selected.value))
      this.selected.value = this.exchanges.value.at(-1)
  }

  /** Says in a failed exchange what now stands in the way, for example a sign-in that was cancelled. */
  fail(exchange: LiveExchange, problem: PageProblem): void {
    exchange.value = failExchange(exchange.value, problem)
    this.#needs.announce(problemWords(problem))
  }

  stop(): void {
    this.#stop?.abort()
  }

  startOver(): void {
    this.stop()
    if (this.editing.value) this.cancelEdit()
    this.exchanges.value = []
    this.selected.value = undefined
    this.#needs.announce('New conversation.')
  }

  async #run(start: Exchange): Promise<void> {
    const earlier = this.exchanges.value.map(({ value }) => value)
    const exchange = signal(start)
    const stop = new AbortController()
    const startedMs = performance.now()
    this.#stop = stop
    this.#isForUser = needsUser(start.question.flow)
    this.exchanges.value = [...this.exchanges.value, exchange]
    this.selected.value = exchange
    this.#needs.announce('Question sent.')
    try {
      await this.#answer(exchange, earlier, stop.signal)
      this.#needs.announce(endWords(exchange.value, performance.now() - startedMs))
    } catch (error) {
      this.#breakOff(exchange, error, stop.signal.aborted)
    }
    const { state, question } = exchange.value
    if (state === 'failed' && this.draft.value === '') this.draft.value = question.message
  }

  #breakOff(exchange: LiveExchange, error: unknown, stopped: boolean): void {
    if (stopped) {
      exchange.value = stopExchange(exchange.value)
      this.#needs.announce('Answer stopped.')
    } else if (error instanceof PageError) {
      this.fail(exchange, error.problem)
    } else {
      exchange.value = stopExchange(exchange.value)
      throw error
    }
  }

  /** A token that the agent or Entra finds expired is renewed once, without asking the user. */
  async #answer(exchange: LiveExchange, earlier: readonly Exchange[], signal: AbortSignal): Promise<void> {
    try {
      await this.#attempt(exchange, earlier, signal, false)
    } catch (error) {
      const expired = error instanceof PageError && error.problem.code === 'USER_TOKEN_EXPIRED'
      if (!expired || signal.aborted) throw error
      exchange.value = startExchange(exchange.value.question)
      await this.#attempt(exchange, earlier, signal, true)
    }
  }

  async #attempt(
    exchange: LiveExchange,
    earlier: readonly Exchange[],
    signal: AbortSignal,
    renew: boolean,
  ): Promise<void> {
    const { question } = exchange.value
    const speaker = await this.#needs.identify(question.flow, renew)
    signal.throwIfAborted()
    this.#isForUser ||= speaker.userToken !== undefined
    exchange.value = { ...exchange.value, owner: ownerOf(speaker) }
    for await (const event of this.#needs.ask(new AskedQuestion(speaker, question, earlier), signal)) {
      signal.throwIfAborted()
      if (!renew && isExpiredToken(event) && exchange.value.answer === '') throw new PageError(event.data)
      this.#announceEvent(event, exchange.value)
      exchange.value = applyEvent(exchange.value, event)
    }
  }

  /** States are announced, tokens are not: a screen reader reads the answer when the user goes there. */
  #announceEvent({ event, data }: TurnEvent, { answer }: Exchange): void {
    if (event === 'delta' && answer === '') this.#needs.announce('Answer started.')
    if (event === 'step' && data.kind === 'tool' && data.status === 'running')
      this.#needs.announce(data.title)
  }
}

/** Entra may find a token expired that the agent had taken; the agent can tell that only within the answer. */
function isExpiredToken(event: TurnEvent): event is Extract<TurnEvent, { event: 'problem' }> {
  return event.event === 'problem' && event.data.code === 'USER_TOKEN_EXPIRED'
}

/** JSON in a hint, such as a policy, is to be copied and not to be listened to. */
function problemWords({ title, hint }: PageProblem): string {
  return `${title} ${hint.split('{', 1)[0]}`
}

function countCharacters(text: string): number {
  let characters = 0
  for (const _character of text) characters += 1
  return characters
}

function endWords({ problem }: Exchange, durationMs: number): string {
  return problem ? problemWords(problem) : `Answer complete, ${speakDuration(durationMs)}.`
}
