import {
  closeUnusedConnections,
  guardBrowserBoundary,
  sendProblem,
  toProblem,
} from '@entra-agents/service-kit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type TProperties, type TSchema, Type } from 'typebox'
import { type FaultKinds, Faults, type InjectedFault } from './faults.ts'
import { publishRoutes } from './openapi.ts'
import { RequestLog } from './request-log.ts'
import { type Clock, ClockOffset, clockOf, Settings, strictObject } from './settings.ts'

/** What differs between emulators. */
export interface EmulatorParts<Target extends TSchema, Kinds extends FaultKinds, Values extends object> {
  /** Names the emulated services in `GET /emulator/health`. */
  readonly about: { readonly emulates: readonly string[] } & Readonly<Record<string, unknown>>
  /** Host names under which `/emulator/*` may be called, as `guardBrowserBoundary` takes them. */
  readonly allowedHosts: readonly string[]
  /** Schema of what a fault can be limited to. */
  readonly target: Target
  /** The emulator's own kinds of faults, in addition to the transport faults. */
  readonly faults: Kinds
  /** The emulator's settings besides the clock: the schema of each, and the initial values. */
  readonly settings: { readonly change: TProperties; readonly initial: Values }
}

/** The control plane of an emulator, by which tests and users watch and change the emulator while it runs. Real services have none. */
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
    this.clock = clockOf(this.settings)
  }

  /** Clears the request log and the faults, and restores the initial settings. */
  reset(): void {
    this.requests.clear()
    this.faults.clear()
    this.settings.reset()
  }

  /**
   * Adds `/emulator/*` to an app and logs its requests. Its validator must neither coerce values nor drop unknown members.
   * `addOwn` adds this emulator's own controls; `choose` finds a request's emulator, where one app serves several alike.
   */
  addControls(
    app: FastifyInstance,
    addOwn?: (scope: FastifyInstance) => void,
    choose: (request: FastifyRequest) => this = () => this,
  ): void {
    app.addHook('preHandler', async request => choose(request).requests.note(request, {}))
    app.addHook('onResponse', async (request, reply) => choose(request).requests.end(request, reply))
    app.addHook('preClose', async () => {
      this.faults.stop()
      // Of the connections whose response ends only now.
      app.server.keepAliveTimeout = 1
    })
    closeUnusedConnections(app)
    app.register(
      async scope => {
        scope.setErrorHandler((error, request, reply) => sendProblem(request, reply, toProblem(error)))
        await scope.register(guardBrowserBoundary, this.#parts)
        this.#addRoutes(scope, choose)
        addOwn?.(scope)
      },
      { prefix: '/emulator' },
    )
  }

  #addRoutes(scope: FastifyInstance, choose: (request: FastifyRequest) => this): void {
    const { about, target } = this.#parts
    const FaultList = strictObject({ faults: this.faults.schema })
    type FaultList = { readonly faults: readonly InjectedFault<Target, Kinds>[] }
    const says = (summary: string) => ({ schema: { summary } })
    const addEmptying = (method: 'DELETE' | 'POST', url: string, summary: string, act: (one: this) => void) =>
      scope.route({
        ...{ method, url, schema: { summary, response: { 204: Type.Null() } } },
        handler: async (request, reply) => {
          act(choose(request))
          return reply.code(204).send()
        },
      })
    publishRoutes(scope, `Control plane of the emulator: ${about.emulates.join(', ')}`)
    scope.get('/health', says('Says what is emulated.'), async () => ({ status: 'ok', ...about }))
    scope.get('/control', says('Lists the faults, with what each does, and the settings.'), async () => ({
      ...about,
      target,
      faults: this.faults.describe(),
      settings: this.settings.schema,
    }))

    scope.get('/requests', says('Lists the latest requests, without tokens.'), async request => ({
      requests: choose(request).requests.all,
    }))
    addEmptying('DELETE', '/requests', 'Forgets the requests.', ({ requests }) => requests.clear())

    scope.get('/faults', says('Lists the injected faults.'), async request => ({
      faults: choose(request).faults.all,
    }))
    const replacing = { summary: 'Replaces the injected faults.', body: FaultList }
    scope.put<{ Body: FaultList }>('/faults', { schema: replacing }, async request => {
      const { faults } = choose(request)
      faults.clear()
      faults.inject(...request.body.faults)
      return { faults: faults.all }
    })
    addEmptying('DELETE', '/faults', 'Clears the injected faults.', ({ faults }) => faults.clear())

    scope.get('/settings', says('Shows the settings.'), async request => choose(request).settings.current)
    const changing = { summary: 'Changes settings, as a JSON merge patch does.', body: this.settings.schema }
    scope.patch<{ Body: Record<string, unknown> }>('/settings', { schema: changing }, async request => {
      const { settings } = choose(request)
      settings.change(request.body)
      return settings.current
    })

    addEmptying('POST', '/reset', 'Restores the state at start.', one => one.reset())
  }
}
