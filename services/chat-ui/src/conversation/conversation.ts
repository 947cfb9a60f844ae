import type { ChatRequest, Flow, Mode, TurnEvent } from '@entra-bedrock-agent/identity-trace'
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { AskOptions } from '../agent/ask.ts'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import { applyEvent, type Exchange, failExchange, startExchange, stopExchange } from './exchange.ts'
import { historyFor } from './history.ts'

/** Who asks, and the token to prove it, at the moment of asking. */
export interface Asker {
  readonly objectId: string
  readonly userToken: string
}

export interface ConversationNeeds {
  readonly ask: (request: ChatRequest, options: AskOptions) => AsyncIterable<TurnEvent>
  /** The person for a question of this flow, `undefined` where none is needed. Throws a PageError when there should be one. */
  readonly identify: (flow: Flow, renew: boolean) => Promise<Asker | undefined>
  /** Tells a state, in a few words, to those who cannot see it. */
  readonly announce: (text: string) => void
}

/** The conversation of this page: what was said, what is being answered, and which answer's trace is shown. */
export class Conversation {
  readonly mode = signal<Mode>('direct')
  readonly flow = signal<Flow>('autonomous')
  readonly draft = signal('')
  readonly exchanges: Signal<readonly Exchange[]> = signal([])
  readonly running: ReadonlySignal<boolean> = computed(() =>
    this.exchanges.value.some(exchange => exchange.state === 'running'),
  )
  readonly #selectedId = signal<string | undefined>(undefined)
  /** The exchange whose trace is shown: the one that was chosen, else the newest. */
  readonly selected: ReadonlySignal<Exchange | undefined> = computed(
    () => this.exchanges.value.find(({ id }) => id === this.#selectedId.value) ?? this.exchanges.value.at(-1),
  )
  readonly #needs: ConversationNeeds
  #stop: AbortController | undefined

  constructor(needs: ConversationNeeds) {
    this.#needs = needs
  }

  select(id: string): void {
    this.#selectedId.value = id
  }

  /** Asks what stands in the draft. It comes back into the draft when it cannot be answered. */
  async send(): Promise<void> {
    const message = this.draft.value.trim()
    if (message === '') return
    this.draft.value = ''
    await this.ask(message)
  }

  /** Asks a question in the chosen mode and flow. One at a time. */
  async ask(message: string): Promise<void> {
    if (this.running.value) return
    const question = { message, mode: this.mode.value, flow: this.flow.value }
    await this.#run(startExchange(crypto.randomUUID(), question, undefined))
  }

  /** Asks the question of a failed or stopped exchange again, as it was asked, in its place at the end. */
  async retry(exchange: Exchange): Promise<void> {
    if (this.running.value) return
    this.exchanges.value = this.exchanges.value.filter(({ id }) => id !== exchange.id)
    if (this.draft.value === exchange.question.message) this.draft.value = ''
    await this.#run(startExchange(exchange.id, exchange.question, undefined))
  }

  /** Says in a failed exchange what now stands in the way, for example a sign-in that was cancelled. */
  fail(id: string, problem: PageProblem): void {
    this.#update(id, it => failExchange(it, problem))
    this.#needs.announce(`${problem.title} ${problem.hint}`)
  }

  stop(): void {
    this.#stop?.abort()
  }

  startOver(): void {
    this.stop()
    this.exchanges.value = []
    this.#needs.announce('New conversation.')
  }

  async #run(exchange: Exchange): Promise<void> {
    const stop = new AbortController()
    const startedMs = performance.now()
    const earlier = this.exchanges.value
    this.#stop = stop
    this.exchanges.value = [...earlier, exchange]
    this.#selectedId.value = exchange.id
    this.#needs.announce('Question sent.')
    try {
      await this.#answer(exchange, earlier, stop.signal)
    } catch (error) {
      if (stop.signal.aborted) this.#update(exchange.id, stopExchange)
      else if (error instanceof PageError) this.#update(exchange.id, it => failExchange(it, error.problem))
      else throw error
    } finally {
      this.#end(exchange.id, (performance.now() - startedMs) / 1000)
    }
  }

  async #answer(exchange: Exchange, earlier: readonly Exchange[], signal: AbortSignal): Promise<void> {
    try {
      await this.#attempt(exchange, earlier, signal, false)
    } catch (error) {
      const expired = error instanceof PageError && error.problem.code === 'USER_TOKEN_EXPIRED'
      if (!expired || signal.aborted) throw error
      await this.#attempt(exchange, earlier, signal, true)
    }
  }

  async #attempt(
    { id, question }: Exchange,
    earlier: readonly Exchange[],
    signal: AbortSignal,
    renew: boolean,
  ): Promise<void> {
    const asker = await this.#needs.identify(question.flow, renew)
    signal.throwIfAborted()
    const askedFor = question.flow === 'obo' ? asker?.objectId : undefined
    this.#update(id, it => ({ ...it, askedFor }))
    const history = historyFor(earlier, askedFor)
    const request = { ...question, ...(history.length > 0 ? { history } : {}) }
    for await (const event of this.#needs.ask(request, { userToken: asker?.userToken, signal })) {
      if (signal.aborted) break
      this.#announceEvent(event, id)
      this.#update(id, it => applyEvent(it, event))
    }
    signal.throwIfAborted()
  }

  #update(id: string, change: (exchange: Exchange) => Exchange): void {
    this.exchanges.value = this.exchanges.value.map(it => (it.id === id ? change(it) : it))
  }

  #find(id: string): Exchange | undefined {
    return this.exchanges.value.find(exchange => exchange.id === id)
  }

  /** States are announced, tokens are not: a screen reader reads the answer when the person goes there. */
  #announceEvent({ event, data }: TurnEvent, id: string): void {
    if (event === 'delta' && this.#find(id)?.answer === '') this.#needs.announce('Answer started.')
    if (event === 'step' && data.kind === 'tool' && data.status === 'running')
      this.#needs.announce(data.title)
  }

  #end(id: string, seconds: number): void {
    const exchange = this.#find(id)
    if (exchange?.state === 'done') this.#needs.announce(`Answer complete, ${seconds.toFixed(1)} seconds.`)
    if (exchange?.state === 'stopped') this.#needs.announce('Answer stopped.')
    if (exchange?.state === 'failed') {
      this.#needs.announce(`${exchange.problem?.title} ${exchange.problem?.hint}`)
      if (this.draft.value === '') this.draft.value = exchange.question.message
    }
  }
}
