import { guardBrowserBoundary, sendProblem, toProblem } from '@entra-bedrock-agent/service-kit'
import type { FastifyInstance } from 'fastify'
import { type TProperties, type TSchema, Type } from 'typebox'
import { Clock, ClockOffset } from './clock.ts'
import type { FaultKinds } from './fault-kinds.ts'
import { type FaultOrder, Faults } from './faults.ts'
import { RequestLog } from './request-log.ts'
import { Settings } from './settings.ts'

/** What an emulator has of its own. */
export interface EmulatorParts<Target extends TSchema, Kinds extends FaultKinds, Values extends object> {
  /** What this is, for whoever asks for its health. */
  readonly about: { readonly emulates: readonly string[] } & Readonly<Record<string, unknown>>
  /** By which names `/emulator/*` may be called, as `guardBrowserBoundary` takes them. */
  readonly allowedHosts: readonly string[]
  /** What a fault can be aimed at. */
  readonly target: Target
  /** Its faults, beside those of the way to it. */
  readonly faults: Kinds
  /** What can be set beside the clock: the schemas of a change, and the values at the start. */
  readonly settings: { readonly change: TProperties; readonly initial: Values }
}

/** What tests and people see and change of an emulator while it runs, though the real service has nothing of it. */
export class Emulator<
  Details extends object,
  Target extends TSchema,
  Kinds extends FaultKinds,
  Values extends object,
> {
  readonly requests = new RequestLog<Details>()
  readonly faults: Faults<Target, Kinds>
  readonly settings: Settings<Values & { readonly clockOffsetSeconds: number }>
  readonly clock: Clock
  readonly #parts: EmulatorParts<Target, Kinds, Values>

  constructor(parts: EmulatorParts<Target, Kinds, Values>) {
    const { change, initial } = parts.settings
    this.#parts = parts
    this.faults = new Faults(parts.target, parts.faults)
    this.settings = new Settings(
      { ...change, clockOffsetSeconds: ClockOffset },
      { ...initial, clockOffsetSeconds: 0 },
    )
    this.clock = new Clock(this.settings)
  }

  /** Takes back whatever was changed. */
  reset(): void {
    this.requests.clear()
    this.faults.clear()
    this.settings.reset()
  }

  /**
   * Adds `/emulator/*` to an app, and begins to log its requests. Everything there acts at once and lasts until it is
   * taken back. The app's validator must neither coerce nor drop what it is sent.
   *
   * @param addOwn adds controls that only this emulator has, below `/emulator`
   */
  addControls(app: FastifyInstance, addOwn?: (scope: FastifyInstance) => void): void {
    this.requests.watch(app)
    app.addHook('preClose', async () => this.faults.stop())
    app.register(
      async scope => {
        scope.setErrorHandler((error, request, reply) => sendProblem(request, reply, toProblem(error)))
        guardBrowserBoundary(scope, this.#parts)
        this.#addRoutes(scope)
        addOwn?.(scope)
      },
      { prefix: '/emulator' },
    )
  }

  #addRoutes(scope: FastifyInstance): void {
    const { requests, faults, settings } = this
    const { about, target } = this.#parts
    const FaultList = Type.Object({ faults: faults.schema }, { additionalProperties: false })
    scope.get('/health', async () => ({ status: 'ok', ...about }))
    scope.get('/control', async () => ({
      ...about,
      target,
      faults: faults.describe(),
      settings: settings.schema,
    }))

    scope.get('/requests', async () => ({ requests: requests.all }))
    scope.delete('/requests', async (_request, reply) => {
      requests.clear()
      return reply.code(204).send()
    })

    scope.get('/faults', async () => ({ faults: faults.all }))
    scope.put<{ Body: { faults: FaultOrder<Target, Kinds>[] } }>(
      '/faults',
      { schema: { body: FaultList } },
      async ({ body }) => {
        faults.clear()
        faults.order(...body.faults)
        return { faults: faults.all }
      },
    )
    scope.delete('/faults', async (_request, reply) => {
      faults.clear()
      return reply.code(204).send()
    })

    scope.get('/settings', async () => settings.current)
    scope.patch<{ Body: Record<string, unknown> }>(
      '/settings',
      { schema: { body: settings.schema } },
      async ({ body }) => {
        settings.change(body)
        return settings.current
      },
    )

    scope.post('/reset', async (_request, reply) => {
      this.reset()
      return reply.code(204).send()
    })
  }
}
