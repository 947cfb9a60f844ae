import type { TraceStep } from '@entra-agents/trace'
import { computed, signal } from '@preact/signals'
import { h, render } from 'preact'
import { lazy } from './browser/lazy.tsx'
import { adoptStyles } from './element/style-sheets.ts'

const EmbeddedTrace = lazy(async () => (await import('./element/embedded-trace.tsx')).EmbeddedTrace)

/** Who is who. Without it, agents and APIs are called as the steps call them, and ids stay ids. */
export interface TraceNames {
  readonly agents?: readonly { name: string; title: string; clientId?: string }[]
  readonly apis?: readonly { name: string; title: string; appId: string }[]
  /** What other ids in tokens stand for. */
  readonly ids?: Readonly<Record<string, string>>
  /** The actors that are emulated. */
  readonly emulated?: readonly string[]
}

/**
 * `<identity-trace>`: the trace of a turn. It stores nothing, sends nothing, and leaves the page around it as it is. What it
 * shows is loaded when a trace is first set.
 */
export class IdentityTraceElement extends HTMLElement {
  readonly #trace = signal<readonly TraceStep[] | undefined>(undefined)
  readonly #names = signal<TraceNames>({})
  readonly #isRevealed = signal(false)
  readonly #config = computed(() => {
    const { agents = [], apis = [], ids = {}, emulated = [] } = this.#names.value ?? {}
    return { agents, apis: [...apis], names: ids, emulated: [...emulated] }
  })
  readonly #root = this.attachShadow({ mode: 'open' })
  #withdrawStyles: (() => void) | undefined

  constructor() {
    super()
    // What the page set before this class was loaded hides the accessors.
    for (const name of ['trace', 'names', 'revealed'] as const) {
      if (!Object.hasOwn(this, name)) continue
      const value = this[name]
      Reflect.deleteProperty(this, name)
      Reflect.set(this, name, value)
    }
  }

  /** The steps, as an agent's answer has them; set again when there are more. What is no step is left out, and counted. */
  get trace(): readonly TraceStep[] {
    return this.#trace.value ?? []
  }
  set trace(steps: readonly TraceStep[]) {
    // A new list each time, since the page may have added to the one that it set before.
    this.#trace.value = Array.isArray(steps) ? [...steps] : steps
    this.#draw()
  }

  get names(): TraceNames {
    return this.#names.value
  }
  set names(names: TraceNames) {
    this.#names.value = names
  }

  /** Whether names and ids of people are shown; hidden at first. */
  get revealed(): boolean {
    return this.#isRevealed.value
  }
  set revealed(isRevealed: boolean) {
    this.#isRevealed.value = isRevealed
  }

  /** @internal */
  connectedCallback(): void {
    this.#withdrawStyles = adoptStyles(this.#root)
    this.#draw()
  }

  /** @internal */
  disconnectedCallback(): void {
    this.#withdrawStyles?.()
    render(null, this.#root)
  }

  #draw(): void {
    if (!this.isConnected || this.#trace.value === undefined) return
    render(
      h(EmbeddedTrace, { trace: this.#trace, config: this.#config, isRevealed: this.#isRevealed }),
      this.#root,
    )
  }
}

if (!customElements.get('identity-trace')) customElements.define('identity-trace', IdentityTraceElement)
