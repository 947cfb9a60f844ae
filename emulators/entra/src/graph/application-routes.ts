import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { newApplication } from '../directory/new-objects.ts'
import type { Application } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { changeApplication } from './application-changes.ts'
import { ApplicationPatch, NewApplication } from './bodies.ts'
import { type Caller, requireAgentPermission, requirePermission } from './caller.ts'
import { badRequest, GraphError } from './graph-error.ts'
import { checkQuota, limits } from './limits.ts'
import { findApplication, readBoundUsers } from './lookup.ts'
import { collection } from './odata.ts'
import { showApplication } from './views.ts'

const writeAll = 'Application.ReadWrite.All'
const readers = ['Application.Read.All', writeAll, 'AgentIdentityBlueprint.ReadWrite.All'] as const
const blueprintType = /^#?microsoft\.graph\.agentIdentityBlueprint$/i
const Query = Type.Record(Type.String(), Type.String())

/** `/applications`, blueprints included (https://learn.microsoft.com/graph/api/resources/application). */
export const applicationRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.get('/applications', { schema: { querystring: Query } }, async ({ caller, query }) => {
    requirePermission(caller, ...readers)
    return collection('applications', entra.directory.content.applications.map(showApplication), query)
  })

  app.get('/applications/:key', async ({ caller, params }) => {
    requirePermission(caller, ...readers)
    return showApplication(findApplication(entra, keyOf(params)))
  })

  app.post('/applications', { schema: { body: NewApplication } }, async ({ body, caller }, reply) => {
    const isBlueprint = blueprintType.test(body['@odata.type'] ?? '')
    return reply.code(201).send(create(entra, caller, body, isBlueprint))
  })

  app.post(
    '/applications/microsoft.graph.agentIdentityBlueprint',
    { schema: { body: NewApplication } },
    async ({ body, caller }, reply) => reply.code(201).send(create(entra, caller, body, true)),
  )

  app.patch(
    '/applications/:key',
    { schema: { body: ApplicationPatch } },
    async ({ body, caller, params }, reply) => {
      const application = findApplication(entra, keyOf(params))
      requireWrite(caller, application)
      changeApplication(entra, application, body)
      return reply.code(204).send()
    },
  )

  app.delete('/applications/:key', async ({ caller, params }, reply) => {
    const application = findApplication(entra, keyOf(params))
    requireWrite(caller, application)
    const { content } = entra.directory
    content.applications = content.applications.filter(known => known !== application)
    for (const principal of content.servicePrincipals.filter(({ appId }) => appId === application.appId))
      entra.directory.removePrincipal(principal)
    return reply.code(204).send()
  })
}

function create(
  entra: Entra,
  caller: Caller,
  body: Type.Static<typeof NewApplication>,
  isBlueprint: boolean,
) {
  if (isBlueprint)
    requireAgentPermission(caller, 'AgentIdentityBlueprint.Create', 'AgentIdentityBlueprint.ReadWrite.All')
  else requirePermission(caller, writeAll)
  checkQuota(entra)
  const {
    '@odata.type': _type,
    'sponsors@odata.bind': sponsors,
    'owners@odata.bind': owners,
    ...properties
  } = body
  const appId = randomUUID()
  const application = newApplication({
    // A blueprint's two ids are one.
    id: isBlueprint ? appId : randomUUID(),
    appId,
    kind: isBlueprint ? 'agentIdentityBlueprint' : 'application',
    displayName: body.displayName,
    createdDateTime: new Date(entra.clock.nowMs()).toISOString(),
    sponsors: readBoundUsers(entra, sponsors),
    owners: readBoundUsers(entra, owners),
  })
  if (isBlueprint) checkBlueprint(entra, application)
  changeApplication(entra, application, properties)
  entra.directory.content.applications.push(application)
  return showApplication(application)
}

function checkBlueprint(entra: Entra, { sponsors }: Application): void {
  if (sponsors.length === 0)
    throw badRequest('At least one sponsor is required for an agent identity blueprint.')
  const blueprints = entra.directory.content.applications.filter(
    ({ kind }) => kind === 'agentIdentityBlueprint',
  )
  if (blueprints.length >= limits.blueprints)
    throw new GraphError(
      403,
      'AgentBlueprint_LimitExceeded',
      'The tenant has as many blueprints as it may have.',
    )
}

function requireWrite(caller: Caller, { kind }: Application): void {
  if (kind === 'application') requirePermission(caller, writeAll)
  else
    requireAgentPermission(
      caller,
      'AgentIdentityBlueprint.UpdateAuthProperties.All',
      'AgentIdentityBlueprint.ReadWrite.All',
    )
}

function keyOf(params: unknown): string {
  return (params as { key: string }).key
}
