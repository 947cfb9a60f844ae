import { getOrMake } from '@entra-agents/service-kit'
import { problem } from '../problems.ts'

interface Waiting {
  readonly start: (mayStart: boolean) => void
  readonly signal: AbortSignal
}

const minAtOnce = 10
const tickMs = 100

/**
 * Starts the messages of each address at the pace of its messages per minute, some at once, so that a burst leaves CPU for all
 * others. The clients behind an address take turns: who sent many messages does not delay who sent one.
 */
export class FairStart {
  readonly #perMinute: number
  readonly #maxWaiting: number
  /** By address, the messages that count as just started, and those that wait, by client. */
  readonly #addresses = new Map<
    string,
    { started: number; waiting: number; clients: Map<string, Waiting[]> }
  >()
  #atOnce: number

  constructor(messagesPerMinute: number, maxWaiting: number) {
    this.#perMinute = messagesPerMinute
    this.#maxWaiting = maxWaiting
    this.#atOnce = Math.min(messagesPerMinute, Math.max(minAtOnce, messagesPerMinute / 60))
  }

  /**
   * Waits until a message may start; `false` if its client went away meanwhile.
   *
   * @throws ProblemError RATE_LIMITED for a client with a minute's messages waiting, AGENT_BUSY for an address with too many
   */
  async wait(address: string, client: string, signal: AbortSignal): Promise<boolean> {
    const known = getOrMake(this.#addresses, address, () => this.#watch(address))
    if (known.started + 1 <= this.#atOnce) {
      known.started += 1
      return true
    }
    const waiting = getOrMake(known.clients, client, () => [])
    const isOverPace = waiting.length >= this.#perMinute
    if (isOverPace || known.waiting >= this.#maxWaiting) {
      const options = { headers: { 'retry-after': isOverPace ? '60' : '1' } }
      throw problem(isOverPace ? 'RATE_LIMITED' : 'AGENT_BUSY', 'Too many messages wait.', options)
    }
    known.waiting += 1
    return new Promise(start => {
      waiting.push({ start, signal })
      signal.addEventListener('abort', () => start(false), { once: true })
    })
  }

  /** Lets all messages start without a pace, when the agent stops. */
  open(): void {
    this.#atOnce = Number.POSITIVE_INFINITY
  }

  #watch(address: string) {
    const known = { started: 0, waiting: 0, clients: new Map<string, Waiting[]>() }
    const timer = setInterval(() => {
      known.started = Math.max(0, known.started - (this.#perMinute * tickMs) / 60_000)
      // A client that still has messages waiting goes to the end of the Map, and so is visited again.
      for (const [client, waiting] of known.clients) {
        if (known.started + 1 > this.#atOnce) return
        known.clients.delete(client)
        const next = waiting.shift()
        if (waiting.length > 0) known.clients.set(client, waiting)
        known.waiting -= 1
        if (next === undefined || next.signal.aborted) continue
        known.started += 1
        next.start(true)
      }
      if (known.started > 0) return
      clearInterval(timer)
      this.#addresses.delete(address)
    }, tickMs).unref()
    return known
  }
}
