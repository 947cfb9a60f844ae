import type { SendRequest } from '../../../../../emulators/entra/src/testing/start-entra.ts'

export interface GraphCall {
  readonly method: string
  readonly path: string
  /** The first call has number 1. */
  readonly number: number
}

/**
 * With `lose` a call does not reach Graph, with `break` its response does not reach the caller. `swallow`, `forbid`, `unlicensed`,
 * `fail` and `not-know` answer in place of Graph: with 204, with 403, with 403 for want of a licence, with 503, and with Graph's 400 for
 * an unknown type of object.
 */
export type Fate = 'pass' | 'lose' | 'break' | 'swallow' | 'forbid' | 'unlicensed' | 'fail' | 'not-know'

const deniedBody = {
  error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges.\u001b[8m\n' },
}

const unlicensedBody = {
  error: { code: 'AccessDenied', message: 'Your tenant is not licensed for this feature.' },
}

const unknownTypeBody = {
  error: { code: 'BadRequest', message: "Resource not found for the segment 'microsoft.graph.agentUser'." },
}

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
    if (fate === 'swallow') return new Response(null, { status: 204 })
    if (fate === 'not-know') return Response.json(unknownTypeBody, { status: 400 })
    if (fate === 'forbid') return Response.json(deniedBody, { status: 403 })
    if (fate === 'unlicensed') return Response.json(unlicensedBody, { status: 403 })
    if (fate === 'fail') return Response.json({ error: { code: 'serviceNotAvailable' } }, { status: 503 })
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
