import type { FastifyReply } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import type { EffectOf, FaultKinds, FaultOf } from './fault-kinds.ts'
import { strictObject } from './strict-object.ts'
import { type TransportFault, transportFaults } from './transport-faults.ts'

const maxFaults = 100

/** An injected fault: what happens, to which requests, and how many times. */
export interface InjectedFault<Target extends TSchema, Kinds extends FaultKinds> {
  /** Which requests get the fault. Default: all requests that can have faults. */
  readonly target?: Static<Target>
  readonly fault: FaultOf<Kinds> | FaultOf<typeof transportFaults>
  /** How many more requests get the fault. Default: all requests until the fault is cleared. */
  times?: number
}

/** The injected faults, the oldest first. */
export class Faults<Target extends TSchema, Kinds extends FaultKinds> {
  /** The schema of a list of injected faults. */
  readonly schema: TSchema
  readonly #kinds: FaultKinds
  readonly #stopped = new AbortController()
  #injected: readonly InjectedFault<Target, Kinds>[] = []

  /** @param own the emulator’s own kinds, in addition to the transport faults that every emulator has */
  constructor(target: Target, own: Kinds) {
    this.#kinds = { ...transportFaults, ...own }
    const faults = Object.entries(this.#kinds).map(([kind, { does, parameters }]) =>
      strictObject({ kind: Type.Literal(kind, { description: does }), ...parameters }),
    )
    const injected = {
      target: Type.Optional(target),
      fault: Type.Union(faults),
      times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }
    this.schema = Type.Array(strictObject(injected), { maxItems: maxFaults })
  }

  get all(): readonly InjectedFault<Target, Kinds>[] {
    return this.#injected
  }

  /** All kinds of faults as data, transport faults included, each with the JSON Schema of its parameters. */
  describe() {
    return Object.entries(this.#kinds).map(([kind, { does, parameters }]) => {
      return { kind, does, parameters: strictObject(parameters) }
    })
  }

  /** @returns what takes these faults back when it is disposed */
  inject(...faults: readonly InjectedFault<Target, Kinds>[]): Disposable {
    const own = faults.map(fault => ({ ...fault }))
    this.#injected = [...this.#injected, ...own].slice(-maxFaults)
    return { [Symbol.dispose]: () => this.#withdraw(own) }
  }

  clear(): void {
    this.#injected = []
  }

  /** Applies the oldest matching fault. A transport fault is carried out: the request is done if `reply.sent`. Others are returned. */
  async apply(
    reply: FastifyReply,
    matches: (injected: InjectedFault<Target, Kinds>) => boolean = () => true,
  ): Promise<EffectOf<Kinds> | undefined> {
    const injected = this.#injected.find(matches)
    if (injected === undefined) return undefined
    if (injected.times !== undefined && --injected.times === 0) this.#withdraw([injected])
    const { fault } = injected
    const effect = this.#kinds[fault.kind]?.effect(fault)
    if (!(fault.kind in transportFaults)) return effect as EffectOf<Kinds>
    await (effect as TransportFault)(reply, this.#stopped.signal)
    return undefined
  }

  /** Ends faults that hang or wait, so that the emulator can close. */
  stop(): void {
    this.#stopped.abort()
  }

  #withdraw(faults: readonly InjectedFault<Target, Kinds>[]): void {
    this.#injected = this.#injected.filter(fault => !faults.includes(fault))
  }
}
