import type { SendRequest } from '../../../../../emulators/entra/src/testing/start-entra.ts'

export interface GraphCall {
  readonly method: string
  readonly path: string
  /** The first call has number 1. */
  readonly number: number
}

const refusal = (status: number, code: string, message?: string) =>
  Response.json({ error: { code, message } }, { status })

/** What answers in place of Graph. */
const answers = {
  swallow: () => new Response(null, { status: 204 }),
  forbid: () => refusal(403, 'Authorization_RequestDenied', 'Insufficient privileges.\u001b[8m\n'),
  unlicensed: () => refusal(403, 'AccessDenied', 'Your tenant is not licensed for this feature.'),
  fail: () => refusal(503, 'serviceNotAvailable'),
  /** It does not know the type of object. */
  'not-know': () =>
    refusal(400, 'BadRequest', "Resource not found for the segment 'microsoft.graph.agentUser'."),
}

/** With `lose` a call does not reach Graph, with `break` its response does not reach the caller. */
export type Fate = 'pass' | 'lose' | 'break' | keyof typeof answers

/** The Graph that the command line calls. `decide` chooses the fate of each call, which waits for the decision. */
export class FaultyGraph {
  readonly calls: GraphCall[] = []
  decide: (call: GraphCall) => Fate | Promise<Fate> = () => 'pass'
  readonly #send: SendRequest

  constructor(send: SendRequest) {
    this.#send = send
  }

  reset(): void {
    this.calls.splice(0)
    this.decide = () => 'pass'
  }

  /** Breaks off at a call: its response is lost, and so are all later calls. */
  breakAt({ number }: GraphCall): void {
    this.decide = call => (call.number === number ? 'break' : call.number > number ? 'lose' : 'pass')
  }

  readonly fetch: SendRequest = async (url, init) => {
    const { pathname, search } = new URL(url)
    const call = { method: init.method ?? 'GET', path: `${pathname}${search}`, number: this.calls.length + 1 }
    this.calls.push(call)
    const fate = await this.decide(call)
    if (fate in answers) return answers[fate as keyof typeof answers]()
    const response = fate === 'lose' ? undefined : await this.#send(url, init)
    if (response && fate === 'pass') return response
    throw new TypeError('fetch failed', { cause: new Error('socket hang up') })
  }
}

/**
 * The calls at which a lost response matters: the first, each write, and the call after each write. At any other call, receipt
 * and tenant are as at the call before. A lost request needs no test: it leaves the same as a lost response to the call before.
 */
export function decisiveCalls(calls: readonly GraphCall[]): readonly GraphCall[] {
  const isWrite = (call: GraphCall | undefined) => call !== undefined && call.method !== 'GET'
  return calls.filter((call, index) => index === 0 || isWrite(call) || isWrite(calls[index - 1]))
}
