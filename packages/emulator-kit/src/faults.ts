import type { FastifyReply } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import type { EffectOf, FaultKinds, FaultOf } from './fault-kinds.ts'
import { type Transport, transportFaults } from './transport-faults.ts'

const strict = { additionalProperties: false } as const
const maxFaults = 100

/** Trouble that is ordered: what happens, to which requests, and how often. */
export interface FaultOrder<Target extends TSchema, Kinds extends FaultKinds> {
  /** Which requests it strikes; absent: all that can be struck. */
  readonly target?: Static<Target>
  readonly fault: FaultOf<Kinds> | FaultOf<typeof transportFaults>
  /** How many requests it still strikes; absent: until it is cleared. */
  readonly times?: number
}

/** The orders in force, the oldest first. */
export class Faults<Target extends TSchema, Kinds extends FaultKinds> {
  /** The schema of a list of orders. */
  readonly schema: TSchema
  readonly #kinds: FaultKinds
  readonly #stopped = new AbortController()
  #orders: readonly FaultOrder<Target, Kinds>[] = []

  /** Takes what a fault can be aimed at, and the kinds beyond those of the way to the emulator. */
  constructor(target: Target, own: Kinds) {
    this.#kinds = { ...transportFaults, ...own }
    const faults = Object.entries(this.#kinds).map(([kind, { does, parameters }]) =>
      Type.Object({ kind: Type.Literal(kind, { description: does }), ...parameters }, strict),
    )
    const order = {
      target: Type.Optional(target),
      fault: Type.Union(faults),
      times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }
    this.schema = Type.Array(Type.Object(order, strict), { maxItems: maxFaults })
  }

  get all(): readonly FaultOrder<Target, Kinds>[] {
    return this.#orders
  }

  /** The kinds as data, those of the way included, each with the JSON Schema of what an order may say beside its kind. */
  describe() {
    return Object.entries(this.#kinds).map(([kind, { does, parameters }]) => {
      return { kind, does, parameters: Type.Object(parameters, strict) }
    })
  }

  order(...orders: readonly FaultOrder<Target, Kinds>[]): void {
    this.#orders = [...this.#orders, ...orders].slice(-maxFaults)
  }

  clear(): void {
    this.#orders = []
  }

  /**
   * Lets the oldest order that is aimed at a request strike it. A fault of the way strikes at once: `reply.sent` tells
   * whether anything is left to do. What a fault of the emulator's own asks of it is returned.
   */
  async strike(
    reply: FastifyReply,
    isAimed: (order: FaultOrder<Target, Kinds>) => boolean,
  ): Promise<EffectOf<Kinds> | undefined> {
    const order = this.#orders.find(isAimed)
    if (order === undefined) return undefined
    this.#countDown(order)
    const { fault } = order
    const effect = this.#kinds[fault.kind]?.strike(fault)
    if (!(fault.kind in transportFaults)) return effect as EffectOf<Kinds>
    await (effect as Transport)(reply, this.#stopped.signal)
    return undefined
  }

  /** Ends what hangs or waits, so that it does not keep the emulator from closing. */
  stop(): void {
    this.#stopped.abort()
  }

  #countDown(order: FaultOrder<Target, Kinds>): void {
    const { times } = order
    if (times === undefined) return
    const left = times > 1 ? [{ ...order, times: times - 1 }] : []
    this.#orders = this.#orders.flatMap(known => (known === order ? left : [known]))
  }
}
