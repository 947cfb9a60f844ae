import type { AddressInfo } from 'node:net'
import { describeShapeFaults, explainPort } from '@entra-agents/service-kit'
import type { FastifyInstance } from 'fastify'
import type { TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'

/** A running emulator. */
export interface RunningEmulator<Request> extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string
  readonly clock: {
    readonly now: Date
    /** Negative seconds move it back. */
    advance(seconds: number): void
    set(now: Date): void
  }
  /** Changes settings of the control plane, such as `{ tokenLifetimeSeconds: 60 }`. */
  changeSettings(settings: Readonly<Record<string, unknown>>): void
  /** The latest requests, the oldest first. */
  readonly requests: readonly Request[]
  /** Restores what was at the start: all state, clock and settings, no faults, no requests. Keys stay. */
  reset(): void
  close(): Promise<void>
}

export interface Address {
  /** Default: 0, a free one. */
  readonly port?: number | undefined
  /** Where it listens. Default: `localhost`. */
  readonly host?: string
}

/** @internal The part of an emulator's control plane that serves its process. */
interface Controls<Request> {
  readonly requests: { readonly all: readonly Request[] }
  readonly settings: { readonly schema: TSchema; change(settings: object): void }
  readonly clock: { nowMs(): number }
  reset(): void
}

/** @internal Lets an emulator listen. @throws if its port is taken */
export async function listen<Request>(
  app: FastifyInstance,
  controls: Controls<Request>,
  { host = 'localhost', port = 0 }: Address,
): Promise<RunningEmulator<Request>> {
  await app.listen({ host, port }).catch(async error => {
    await app.close()
    throw new Error(explainPort(error.code, String(port), 'port') ?? error.message, { cause: error })
  })
  const close = async (): Promise<void> => app.close()
  const changeSettings = (settings: object) => {
    refuse(controls.settings.schema, settings, 'These settings cannot be')
    controls.settings.change(settings)
  }
  const moveClock = (milliseconds: number) =>
    changeSettings({ clockOffsetSeconds: Math.ceil((milliseconds - Date.now()) / 1_000) })
  return {
    url: `http://localhost:${(app.server.address() as AddressInfo).port}`,
    clock: {
      get now() {
        return new Date(controls.clock.nowMs())
      },
      advance: seconds => moveClock(controls.clock.nowMs() + seconds * 1_000),
      set: now => moveClock(now.getTime()),
    },
    changeSettings,
    get requests() {
      return controls.requests.all
    },
    reset: () => controls.reset(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** @internal Injects a fault, until it is disposed. @throws if there is no such fault */
export function inject<Fault>(
  faults: { readonly schema: TSchema; describe(): { kind: string }[]; inject(fault: Fault): Disposable },
  injected: object,
): Disposable {
  const kinds = faults.describe().map(({ kind }) => kind)
  refuse(faults.schema, [injected], `This fault cannot be; the kinds are ${kinds.join(', ')}`)
  return faults.inject(injected as Fault)
}

function refuse(schema: TSchema, value: unknown, sentence: string): void {
  if (Check(schema, value)) return
  const faults = new Set(describeShapeFaults(Errors(schema, value)))
  throw new TypeError(`${sentence} (${[...faults].join('; ')}): ${JSON.stringify(value)}`)
}
