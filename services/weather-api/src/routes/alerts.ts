import { describeAccess } from '@entra-agents/tokens'
import { strictObject } from '@entra-agents/trace'
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Alert, AlertId, AlertRequest, keyPattern } from '../alerts/alert.ts'
import type { AlertStore } from '../alerts/alert-store.ts'
import { ComparedAlert, compareWithWeather } from '../alerts/comparison.ts'
import { problem } from '../problems.ts'
import type { WeatherProvider } from '../weather/provider.ts'
import { problemSchemas, Validated } from './schemas.ts'

const AlertResponse = strictObject({ ...Alert.properties, validated: Validated })
const AlertsResponse = strictObject({ alerts: Type.Array(ComparedAlert), validated: Validated })

const entraSecurity = [{ entra: [] }]

/** Adds the routes that read the alerts of the token's user or agent. The token check must have set `request.access`. */
export function addReadRoutes(app: FastifyInstance, store: AlertStore, weather: WeatherProvider): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()

  routes.get(
    '/alerts',
    {
      schema: {
        summary: 'Alerts whose last day is not over, compared with the weather now',
        description:
          'If the weather of a place cannot be looked up, `now` and `reached` of its alerts are null, and the list comes all the same.',
        security: entraSecurity,
        response: { 200: AlertsResponse, ...problemSchemas() },
      },
    },
    async ({ access, log }) => ({
      alerts: await compareWithWeather(store.list(access), weather, log),
      validated: describeAccess(access),
    }),
  )

  routes.get(
    '/alerts/:id',
    {
      schema: {
        summary: 'One alert',
        security: entraSecurity,
        params: AlertId,
        response: { 200: AlertResponse, ...problemSchemas(404) },
      },
    },
    async request => {
      const alert = store.find(request.access, request.params.id)
      if (!alert) throw problem('ALERT_NOT_FOUND', 'There is no such alert, or it is somebody else’s.')
      return { ...alert, validated: describeAccess(request.access) }
    },
  )
}

/** Adds the routes that create and delete the alerts of the token's user or agent. */
export function addChangeRoutes(app: FastifyInstance, store: AlertStore): void {
  const routes = app.withTypeProvider<TypeBoxTypeProvider>()
  // The service's usual validator turns strings and null into numbers. Routes that change something refuse such values.
  routes.setValidatorCompiler(TypeBoxValidatorCompiler)

  routes.post(
    '/alerts',
    {
      schema: {
        summary: 'Create an alert',
        description: 'GET /alerts compares it with the weather.',
        security: entraSecurity,
        headers: Type.Object({
          'idempotency-key': Type.String({
            pattern: keyPattern,
            description:
              'Of your choice, for this call alone: if it is sent again within 24 hours, it does nothing and gets the first result.',
          }),
        }),
        body: AlertRequest,
        response: {
          200: { ...AlertResponse, description: 'There was such an alert.' },
          201: { ...AlertResponse, description: 'Created, now or by an earlier call with this key.' },
          ...problemSchemas(409, 422, 429),
        },
      },
    },
    async (request, reply) => {
      const { caller } = request.access
      const value = request.headers['idempotency-key'].replaceAll('"', '')
      const { alert, outcome } = store.create(request.access, { caller, value }, request.body)
      request.log.info({ outcome }, 'An alert was asked for.')
      reply.code(outcome === 'existed' ? 200 : 201).header('location', `/alerts/${alert.id}`)
      return { ...alert, validated: describeAccess(request.access) }
    },
  )

  routes.delete(
    '/alerts/:id',
    {
      schema: {
        summary: 'Delete an alert',
        description: 'Also if there is none: a repeated call gets the same response.',
        security: entraSecurity,
        params: AlertId,
        response: { 204: Type.Null({ description: 'There is no such alert now.' }), ...problemSchemas(409) },
      },
    },
    async (request, reply) => {
      store.remove(request.access, request.params.id)
      return reply.code(204).send(null)
    },
  )
}
