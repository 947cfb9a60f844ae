import { getOrMake } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'

/** A message that waits; `start` lets it go on. */
interface Waiting {
  readonly start: (mayStart: boolean) => void
  readonly signal: AbortSignal
}

interface Address {
  /** The messages that count as just started. */
  started: number
  waiting: number
  /** The messages that wait, by client. */
  readonly clients: Map<string, Waiting[]>
}

export interface FairStartOptions {
  /** The pace of each address. */
  readonly messagesPerMinute: number
  /** How many messages of one address may wait. */
  readonly maxWaiting: number
}

/** How many messages of an address start at once before the others wait for the pace. */
const minAtOnce = 10
const minTickMs = 10
/** A tick that comes later than this shows that the turns under way need the CPU: nothing starts then, but one message a second. */
const maxLagMs = 50
const maxPauseMs = 1_000

/**
 * Starts the messages of each address at an even pace, so that a burst leaves CPU for all others. The clients behind an
 * address, such as the users of a proxy, take turns: who sent many messages does not delay who sent one.
 */
export class FairStart {
  readonly #options: FairStartOptions
  readonly #atOnce: number
  readonly #tickMs: number
  readonly #addresses = new Map<string, Address>()
  #isOpen = false

  constructor(options: FairStartOptions) {
    const { messagesPerMinute } = options
    this.#options = options
    this.#atOnce = Math.min(messagesPerMinute, Math.max(minAtOnce, messagesPerMinute / 60))
    this.#tickMs = Math.max(minTickMs, 60_000 / messagesPerMinute)
  }

  /**
   * Waits until a message may start; `false` if its client went away meanwhile.
   *
   * @throws ProblemError RATE_LIMITED for a client with a minute's messages waiting, AGENT_BUSY for an address with too many
   */
  async wait(address: string, client: string, signal: AbortSignal): Promise<boolean> {
    if (this.#isOpen) return true
    const known = getOrMake(this.#addresses, address, () => this.#watch(address))
    if (known.started < this.#atOnce) {
      known.started += 1
      return true
    }
    const { messagesPerMinute, maxWaiting } = this.#options
    const waiting = getOrMake(known.clients, client, () => [])
    if (waiting.length >= messagesPerMinute)
      throw problem('RATE_LIMITED', `${messagesPerMinute} messages wait.`, {
        headers: { 'retry-after': '60' },
      })
    if (known.waiting >= maxWaiting)
      throw problem('AGENT_BUSY', `${maxWaiting} messages wait.`, { headers: { 'retry-after': '1' } })
    known.waiting += 1
    return new Promise(start => {
      waiting.push({ start, signal })
      signal.addEventListener('abort', () => start(false), { once: true })
    })
  }

  /** Lets all messages start at once from now on. */
  open(): void {
    this.#isOpen = true
    for (const known of this.#addresses.values())
      for (let next = takeNext(known); next; next = takeNext(known)) next.start(true)
  }

  #watch(address: string): Address {
    const known: Address = { started: 0, waiting: 0, clients: new Map() }
    const perTick = (this.#tickMs * this.#options.messagesPerMinute) / 60_000
    let lastTick = performance.now()
    let lastStart = lastTick
    const timer = setInterval(() => {
      const now = performance.now()
      const isLate = now - lastTick > this.#tickMs + maxLagMs && now - lastStart < maxPauseMs
      lastTick = now
      known.started = Math.max(0, known.started - perTick)
      while (known.started < this.#atOnce && !isLate) {
        const next = takeNext(known)
        if (!next) break
        known.started += 1
        lastStart = now
        next.start(true)
      }
      if (known.started > 0 || known.waiting > 0) return
      clearInterval(timer)
      this.#addresses.delete(address)
    }, this.#tickMs).unref()
    return known
  }
}

/** Takes the next message of the client whose turn it is; clients that have gone away are left out. */
function takeNext(known: Address): Waiting | undefined {
  for (const [client, waiting] of known.clients) {
    known.clients.delete(client)
    const next = waiting.shift()
    if (next) known.waiting -= 1
    if (waiting.length > 0) known.clients.set(client, waiting)
    if (next && !next.signal.aborted) return next
  }
  return undefined
}
