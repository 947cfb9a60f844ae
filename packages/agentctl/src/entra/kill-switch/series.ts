/** The result of a request. `busy` and `failed` do not tell whether an agent is on or off. */
export interface Answer {
  readonly kind: 'given' | 'refused' | 'busy' | 'failed'
  /** The reason for the result, to be shown to people, such as `AADSTS7000112` or `403 deny-list`. */
  readonly code: string
}

/** The results of one kind of request over time; times are in milliseconds since Enter. */
export class Series {
  readonly title: string
  given = 0
  /** The number of requests that were refused or failed; `busy` answers do not count. */
  failed = 0
  lastGivenMs: number | undefined
  /** The latest refusals in a row with one code: since when, and how many; `undefined` if the last request was not refused. */
  refused: { readonly fromMs: number; readonly code: string; readonly times: number } | undefined
  /** The code of the last request that was refused or failed. */
  failure: string | undefined
  last: Answer['kind'] | undefined

  constructor(title: string) {
    this.title = title
  }

  /** Adds the result of a request that was sent at `sentMs` and answered at `answeredMs`. */
  note({ kind, code }: Answer, sentMs: number, answeredMs: number): void {
    if (kind === 'busy') return
    this.last = kind
    if (kind === 'given') {
      this.given++
      this.lastGivenMs = answeredMs
    } else {
      this.failed++
      this.failure = code
    }
    const before = this.refused?.code === code ? this.refused : { fromMs: sentMs, code, times: 0 }
    this.refused = kind === 'refused' ? { ...before, times: before.times + 1 } : undefined
  }
}
