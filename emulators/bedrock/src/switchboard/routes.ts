import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Account } from '../account/account.ts'
import { accessStates, lifecycles } from '../account/seed.ts'
import type { PolicyDocument } from '../policy/policy.ts'
import { FaultOrder } from './fault.ts'
import type { Switchboard } from './switchboard.ts'

const strict = { additionalProperties: false } as const
const delayMs = Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 }))

const PaceChange = Type.Object({ firstTokenMs: delayMs, tokenDelayMs: delayMs }, strict)
const ModelChange = Type.Object(
  {
    lifecycle: Type.Optional(Type.Enum([...lifecycles])),
    access: Type.Optional(Type.Enum([...accessStates])),
  },
  strict,
)
const SessionChange = Type.Object(
  {
    expireAll: Type.Optional(Type.Boolean()),
    lifetimeSeconds: Type.Optional(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()])),
  },
  strict,
)
const ClockChange = Type.Object({ offsetSeconds: Type.Integer() }, strict)
const Names = Type.Union([Type.String(), Type.Array(Type.String())])
const Conditions = Type.Optional(Type.Record(Type.String(), Names))
const Policy = Type.Object({
  Version: Type.Literal('2012-10-17'),
  Statement: Type.Array(
    Type.Object(
      {
        Sid: Type.Optional(Type.String()),
        Effect: Type.Enum(['Allow', 'Deny']),
        Action: Names,
        Resource: Names,
        Condition: Type.Optional(Type.Object({ StringEquals: Conditions, StringLike: Conditions }, strict)),
      },
      strict,
    ),
  ),
})

/** `/emulator/*`: what AWS has not got. Everything here acts at once and lasts until it is taken back. */
export function addSwitchboardRoutes(
  app: FastifyInstance,
  { account, switchboard }: { account: Account; switchboard: Switchboard },
): void {
  app.get('/emulator/health', async () => ({
    status: 'ok',
    emulates: ['bedrock-runtime', 'sts'],
    region: account.seed.region,
    account: account.seed.accountId,
  }))
  app.delete('/emulator', async (_request, reply) => {
    switchboard.reset()
    account.reset()
    return reply.code(204).send()
  })

  app.get('/emulator/requests', async () => ({ requests: switchboard.requests.entries }))
  app.delete('/emulator/requests', async (_request, reply) => {
    switchboard.requests.clear()
    return reply.code(204).send()
  })

  app.get('/emulator/faults', async () => ({ faults: switchboard.faults }))
  app.post<{ Body: FaultOrder }>(
    '/emulator/faults',
    { schema: { body: FaultOrder } },
    async (request, reply) => reply.code(201).send(switchboard.order(request.body)),
  )
  app.delete('/emulator/faults', async (_request, reply) => {
    switchboard.clearFaults()
    return reply.code(204).send()
  })

  app.get('/emulator/pace', async () => switchboard.pace)
  app.patch<{ Body: Static<typeof PaceChange> }>(
    '/emulator/pace',
    { schema: { body: PaceChange } },
    async request => {
      switchboard.pace = { ...switchboard.pace, ...request.body }
      return switchboard.pace
    },
  )

  app.get('/emulator/models', async () => ({
    models: account.seed.models.map(({ id }) => account.model(id)),
  }))
  app.patch<{ Body: Static<typeof ModelChange>; Params: { id: string } }>(
    '/emulator/models/:id',
    { schema: { body: ModelChange } },
    async ({ params, body }, reply) => {
      if (!account.model(params.id)) return reply.callNotFound()
      account.changeModel(params.id, body)
      return account.model(params.id)
    },
  )

  app.put<{ Body: PolicyDocument; Params: { arn: string } }>(
    '/emulator/policies/:arn',
    { schema: { body: Policy } },
    async ({ params, body }) => {
      account.setPolicy(params.arn, body)
      return account.policyOf(params.arn)
    },
  )

  app.patch<{ Body: Static<typeof SessionChange> }>(
    '/emulator/sessions',
    { schema: { body: SessionChange } },
    async ({ body: { expireAll, lifetimeSeconds } }, reply) => {
      if (expireAll) account.expireSessions()
      if (lifetimeSeconds !== undefined) account.sessionSeconds = lifetimeSeconds ?? undefined
      return reply.code(204).send()
    },
  )
  app.put<{ Body: Static<typeof ClockChange> }>(
    '/emulator/clock',
    { schema: { body: ClockChange } },
    async ({ body }) => {
      account.clock.offsetSeconds = body.offsetSeconds
      return { now: new Date(account.clock.nowMs()).toISOString() }
    },
  )
}
