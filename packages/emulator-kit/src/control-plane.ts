import { guardBrowserBoundary, sendProblem, toProblem } from '@entra-bedrock-agent/service-kit'
import type { FastifyInstance } from 'fastify'
import { type Static, type TSchema, Type } from 'typebox'
import type { FaultOrder, Faults } from './faults.ts'
import type { RequestLog } from './request-log.ts'
import type { Settings } from './settings.ts'

/** What tests and people see and change of an emulator while it runs. */
export interface ControlPlane<
  Details extends object,
  Target extends TSchema,
  Fault extends TSchema,
  Values extends object,
> {
  /** What this is, for whoever asks for its health. */
  readonly about: { readonly emulates: readonly string[] } & Readonly<Record<string, unknown>>
  readonly requests: RequestLog<Details>
  readonly faults: Faults<Target, Fault>
  readonly settings: Settings<Values>
  /** By which names `/emulator/*` may be called, as `guardBrowserBoundary` takes them. */
  readonly allowedHosts: readonly string[]
  /** Takes back whatever was changed. */
  reset(): void
  /** Controls that only this emulator has, below `/emulator`. */
  addRoutes?(scope: FastifyInstance): void
}

/**
 * Adds `/emulator/*` to an emulator, what the real service has not got, and begins to log its requests.
 * Everything there acts at once and lasts until it is taken back. The app's validator must neither coerce nor drop what it is sent.
 */
export function addControlPlane<
  Details extends object,
  Target extends TSchema,
  Fault extends TSchema,
  Values extends object,
>(app: FastifyInstance, control: ControlPlane<Details, Target, Fault, Values>): void {
  const { about, requests, faults, settings, allowedHosts } = control
  const FaultList = Type.Object({ faults: faults.schema }, { additionalProperties: false })
  requests.watch(app)
  app.addHook('preClose', async () => faults.stop())
  app.register(
    async scope => {
      scope.setErrorHandler((error, request, reply) => sendProblem(request, reply, toProblem(error)))
      guardBrowserBoundary(scope, { allowedHosts })
      scope.get('/health', async () => ({ status: 'ok', ...about }))

      scope.get('/requests', async () => ({ requests: requests.all }))
      scope.delete('/requests', async (_request, reply) => {
        requests.clear()
        return reply.code(204).send()
      })

      scope.get('/faults', async () => ({ faults: faults.all }))
      scope.put<{ Body: { faults: FaultOrder<Static<Target>, Static<Fault>>[] } }>(
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
        control.reset()
        return reply.code(204).send()
      })
      control.addRoutes?.(scope)
    },
    { prefix: '/emulator' },
  )
}
