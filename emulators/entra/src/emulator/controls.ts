import { sendProblem, toProblem } from '@entra-bedrock-agent/service-kit'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Entra } from '../entra.ts'
import { directoryControls } from './directory-controls.ts'
import { FaultOrder } from './faults.ts'

const Text = Type.String({ minLength: 1, maxLength: 500 })
const SettingsChange = Type.Object(
  {
    tokenLifetimeSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description: 'Of access and ID tokens issued from now on.',
      }),
    ),
    agentsOnBetaOnly: Type.Optional(
      Type.Boolean({ description: 'Graph v1.0 refuses what is about agents.' }),
    ),
    clockOffsetSeconds: Type.Optional(
      Type.Integer({
        minimum: -315_360_000,
        maximum: 315_360_000,
        description: 'How far this Entra’s clock is ahead.',
      }),
    ),
  },
  { additionalProperties: false },
)
/** The switchboard for tests, under `/emulator`. Nothing here exists at the real Entra. */
export const controls: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, toProblem(error)))

  app.post('/reset', async (_request, reply) => {
    entra.reset()
    return reply.code(204).send()
  })

  app.get('/settings', async () => settingsOf(entra))
  app.patch('/settings', { schema: { body: SettingsChange } }, async ({ body }) => {
    if (body.tokenLifetimeSeconds !== undefined) entra.tokenLifetimeSeconds = body.tokenLifetimeSeconds
    if (body.agentsOnBetaOnly !== undefined) entra.agentsOnBetaOnly = body.agentsOnBetaOnly
    if (body.clockOffsetSeconds !== undefined) entra.clock.offsetSeconds = body.clockOffsetSeconds
    return settingsOf(entra)
  })

  app.get('/faults', async () => ({ faults: entra.faults.all }))
  app.post('/faults', { schema: { body: FaultOrder } }, async ({ body }, reply) =>
    reply.code(201).send(entra.faults.order(body)),
  )
  app.delete('/faults', async (_request, reply) => {
    entra.faults.clear()
    return reply.code(204).send()
  })
  app.delete('/faults/:id', { schema: { params: Type.Object({ id: Text }) } }, async ({ params }, reply) => {
    entra.faults.clear(params.id)
    return reply.code(204).send()
  })

  app.get('/requests', async () => ({ requests: entra.requests.all }))
  app.delete('/requests', async (_request, reply) => {
    entra.requests.clear()
    return reply.code(204).send()
  })

  const Rotation = Type.Object(
    { overlapSeconds: Type.String({ pattern: '^[0-9]{1,6}$', default: '3600' }) },
    { additionalProperties: false },
  )
  app.post('/keys/rotate', { schema: { querystring: Rotation } }, async ({ query }) => {
    const key = await entra.keys.rotate(Number(query.overlapSeconds))
    return { kid: key.kid, published: (await entra.keys.published()).map(({ kid }) => kid) }
  })

  await app.register(directoryControls, { entra })
}

function settingsOf(entra: Entra) {
  return {
    tokenLifetimeSeconds: entra.tokenLifetimeSeconds,
    clockOffsetSeconds: entra.clock.offsetSeconds,
    agentsOnBetaOnly: entra.agentsOnBetaOnly,
  }
}
