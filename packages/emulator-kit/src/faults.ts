import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyReply } from 'fastify'
import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import { strictObject } from './settings.ts'

/** One kind of fault, as a row of a table. */
export interface FaultKind<Parameters extends TProperties, Effect> {
  /** What a request with this fault gets, in words. */
  readonly does: string
  /** The parameters that may be given with the kind. */
  readonly parameters: Parameters
  /** What the emulator has to do with the request. */
  effect(fault: Static<TObject<Parameters>>): Effect
}

/** Kinds of fault by their names. */
export type FaultKinds<Effect = unknown> = Readonly<Record<string, FaultKind<TProperties, Effect>>>

/** An injected fault of one of these kinds. */
export type FaultOf<Kinds extends FaultKinds> = {
  [Kind in keyof Kinds & string]: { readonly kind: Kind } & Static<TObject<Kinds[Kind]['parameters']>>
}[keyof Kinds & string]

/** What an emulator has to do for faults of these kinds. */
export type EffectOf<Kinds extends FaultKinds> = ReturnType<Kinds[keyof Kinds]['effect']>

export function faultKind<Parameters extends TProperties, Effect>(
  does: string,
  parameters: Parameters,
  effect: FaultKind<Parameters, Effect>['effect'],
): FaultKind<Parameters, Effect> {
  return { does, parameters, effect }
}

/** Carries out a fault on a request; `stopped` ends a fault that hangs or waits. */
export type TransportFault = (reply: FastifyReply, stopped: AbortSignal) => Promise<void> | void

/** Faults of the connection, which every emulator has. */
export const transportFaults = {
  hang: faultKind(
    'No response, ever.',
    {},
    (): TransportFault => (reply, stopped) => {
      reply.hijack()
      if (stopped.aborted) reply.raw.destroy()
      else stopped.addEventListener('abort', () => reply.raw.destroy(), { once: true })
    },
  ),
  reset: faultKind(
    'The connection is reset.',
    {},
    (): TransportFault => reply => {
      const { socket } = reply.request.raw
      reply.hijack()
      // Under TLS, Node offers no reset of the TCP connection; a request from within this process has none.
      if ('encrypted' in socket || !('resetAndDestroy' in socket)) reply.raw.destroy()
      else socket.resetAndDestroy()
    },
  ),
  html: faultKind(
    'An HTML error page, as proxies send it.',
    { status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599, description: '502 by default.' })) },
    ({ status = 502 }): TransportFault =>
      reply => {
        reply.hijack()
        reply.raw.writeHead(status, { 'content-type': 'text/html' })
        reply.raw.end('<html><body>Bad gateway</body></html>')
      },
  ),
  delay: faultKind(
    'The usual response, later.',
    { delayMs: Type.Integer({ minimum: 1, maximum: 120_000 }) },
    ({ delayMs }): TransportFault =>
      (_reply, stopped) =>
        wait(delayMs, undefined, { signal: stopped }).catch(() => {}),
  ),
} satisfies FaultKinds<TransportFault>

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
