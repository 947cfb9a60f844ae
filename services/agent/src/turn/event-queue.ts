import type { TurnEvent } from '@entra-bedrock-agent/identity-trace'

/**
 * Events between a turn, which produces at its own pace, and its one consumer. It cannot grow without bound:
 * waiting text is joined into one event, and steps and notices are bounded by what a turn may do.
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

  /** What is pushed from now on is dropped; the iteration ends after what waits. */
  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TurnEvent, void, undefined> {
    for (;;) {
      const taken = this.#waiting
      this.#waiting = []
      // Not `yield*`, which takes three more turns of the microtask queue for each event.
      for (const event of taken) yield event
      if (this.#waiting.length > 0) continue
      if (this.#closed) return
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }
}
