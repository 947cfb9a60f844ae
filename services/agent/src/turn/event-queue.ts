import type { TurnEvent } from '@entra-agents/trace'

/**
 * Events between a turn, which produces them at its own pace, and its one consumer, which takes all waiting
 * events at once: each pass of the microtask queue costs more than an event. The queue cannot grow without bound: waiting text
 * is joined into one event, and steps and notices are bounded by what a turn may do.
 */
export class EventQueue {
  #waiting: TurnEvent[] = []
  #closed = false
  #wake: (() => void) | undefined

  push(event: TurnEvent): void {
    if (this.#closed) return
    const last = this.#waiting.at(-1)
    if (event.event === 'delta' && last?.event === 'delta') {
      this.#waiting[this.#waiting.length - 1] = {
        event: 'delta',
        data: { text: last.data.text + event.data.text },
      }
    } else {
      this.#waiting.push(event)
    }
    this.#wake?.()
  }

  /** Drops what is pushed from now on; the consumer still gets what waits. */
  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  /** All waiting events, as soon as there are any; `undefined` after the last one. */
  async take(): Promise<readonly TurnEvent[] | undefined> {
    while (this.#waiting.length === 0) {
      if (this.#closed) return undefined
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
    const taken = this.#waiting
    this.#waiting = []
    return taken
  }
}
