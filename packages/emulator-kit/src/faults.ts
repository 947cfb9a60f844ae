import type { FastifyReply } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import { isTransportFault, strikeTransport, TransportFault } from './transport-faults.ts'

const strict = { additionalProperties: false } as const
const maxFaults = 100

/** Trouble that is ordered: what happens, to which requests, and how often. */
export interface FaultOrder<Target, Fault> {
  /** Which requests it strikes; absent: all that can be struck. */
  readonly target?: Target
  readonly fault: Fault | TransportFault
  /** How many requests it still strikes; absent: until it is cleared. */
  readonly times?: number
}

/** The orders in force, the oldest first. */
export class Faults<Target extends TSchema, Fault extends TSchema> {
  /** The schema of a list of orders. */
  readonly schema: TSchema
  readonly #stopped = new AbortController()
  #orders: readonly FaultOrder<Static<Target>, Static<Fault>>[] = []

  /** Takes what a fault can be aimed at, and the faults beyond those of the way to the emulator. */
  constructor(target: Target, fault: Fault) {
    const order = Type.Object(
      {
        target: Type.Optional(target),
        fault: Type.Union([TransportFault, fault]),
        times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
      },
      strict,
    )
    this.schema = Type.Array(order, { maxItems: maxFaults })
  }

  get all(): readonly FaultOrder<Static<Target>, Static<Fault>>[] {
    return this.#orders
  }

  order(...orders: readonly FaultOrder<Static<Target>, Static<Fault>>[]): void {
    this.#orders = [...this.#orders, ...orders].slice(-maxFaults)
  }

  clear(): void {
    this.#orders = []
  }

  /**
   * Lets the oldest order that is aimed at a request strike it. A fault of the way strikes at once: `reply.sent` tells
   * whether anything is left to do. A fault of the emulator's own is returned.
   */
  async strike(
    reply: FastifyReply,
    isAimed: (target: Static<Target> | undefined, fault: Static<Fault> | TransportFault) => boolean,
  ): Promise<Static<Fault> | undefined> {
    const fault = this.#take(isAimed)
    if (fault === undefined || !isTransportFault(fault)) return fault
    await strikeTransport(reply, fault, this.#stopped.signal)
    return undefined
  }

  /** Ends what hangs or waits, so that it does not keep the emulator from closing. */
  stop(): void {
    this.#stopped.abort()
  }

  #take(
    isAimed: (target: Static<Target> | undefined, fault: Static<Fault> | TransportFault) => boolean,
  ): Static<Fault> | TransportFault | undefined {
    const order = this.#orders.find(({ target, fault }) => isAimed(target, fault))
    if (order?.times !== undefined) {
      const left = order.times > 1 ? [{ ...order, times: order.times - 1 }] : []
      this.#orders = this.#orders.flatMap(known => (known === order ? left : [known]))
    }
    return order?.fault
  }
}
