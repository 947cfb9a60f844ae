import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { newServicePrincipal } from '../directory/new-objects.ts'
import type { ServicePrincipal } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { NewServicePrincipal, ServicePrincipalPatch } from './bodies.ts'
import { type Caller, requireAgentPermission, requirePermission } from './caller.ts'
import { alreadyExists, badRequest, GraphError } from './graph-error.ts'
import { checkQuota } from './limits.ts'
import { findServicePrincipal } from './lookup.ts'
import { collection } from './odata.ts'
import { showServicePrincipal } from './views.ts'

const Key = Type.Object({ key: Type.String() })
const writeAll = 'Application.ReadWrite.All'
const readers = ['Application.Read.All', writeAll] as const
const agentProperties = ['@odata.type', 'displayName', 'accountEnabled']

/** `/servicePrincipals` (https://learn.microsoft.com/graph/api/resources/serviceprincipal). */
export const servicePrincipalRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  const show = (principal: ServicePrincipal) =>
    showServicePrincipal(principal, entra.directory.application(principal.appId))

  app.get(
    '/servicePrincipals',
    { schema: { querystring: Type.Record(Type.String(), Type.String()) } },
    async ({ caller, query }) => {
      requirePermission(caller, ...readers)
      return collection('servicePrincipals', entra.directory.content.servicePrincipals.map(show), query)
    },
  )

  app.get('/servicePrincipals/:key', { schema: { params: Key } }, async ({ caller, params }) => {
    requirePermission(caller, ...readers)
    return show(findServicePrincipal(entra, params.key))
  })

  app.post(
    '/servicePrincipals',
    { schema: { body: NewServicePrincipal } },
    async ({ body, caller }, reply) => {
      requirePermission(caller, writeAll)
      checkQuota(entra)
      const application = entra.directory.application(body.appId)
      if (!application)
        throw new GraphError(
          400,
          'NoBackingApplicationObject',
          `The appId '${body.appId}' of the service principal does not reference a valid application object.`,
        )
      if (application.kind === 'agentIdentityBlueprint')
        throw badRequest(
          'The principal of a blueprint is created as microsoft.graph.agentIdentityBlueprintPrincipal.',
        )
      if (entra.directory.principal(body.appId))
        throw alreadyExists(
          `The service principal cannot be created because the appId ${body.appId} is already in use.`,
        )
      const principal = newServicePrincipal({
        id: randomUUID(),
        appId: application.appId,
        displayName: application.displayName,
        createdDateTime: new Date(entra.clock.nowMs()).toISOString(),
      })
      entra.directory.content.servicePrincipals.push(principal)
      return reply.code(201).send(show(principal))
    },
  )

  app.patch(
    '/servicePrincipals/:key',
    { schema: { params: Key, body: ServicePrincipalPatch } },
    async ({ body, caller, params }, reply) => {
      const principal = findServicePrincipal(entra, params.key)
      requireWrite(caller, principal)
      checkProperties(principal, body)
      if (body.displayName !== undefined) principal.displayName = body.displayName
      if (body.accountEnabled !== undefined) principal.accountEnabled = body.accountEnabled
      if (body.appRoleAssignmentRequired !== undefined)
        principal.appRoleAssignmentRequired = body.appRoleAssignmentRequired
      return reply.code(204).send()
    },
  )

  app.delete('/servicePrincipals/:key', { schema: { params: Key } }, async ({ caller, params }, reply) => {
    const principal = findServicePrincipal(entra, params.key)
    requireWrite(caller, principal)
    entra.directory.removePrincipal(principal)
    return reply.code(204).send()
  })
}

function requireWrite(caller: Caller, { kind }: ServicePrincipal): void {
  if (kind === 'servicePrincipal') requirePermission(caller, writeAll)
  else requireAgentPermission(caller, 'AgentIdentity.Create.All', 'AgentIdentityBlueprint.ReadWrite.All')
}

function checkProperties({ kind }: ServicePrincipal, body: object): void {
  const known = kind === 'agentIdentity' ? agentProperties : Object.keys(ServicePrincipalPatch.properties)
  const unknown = Object.keys(body).find(name => !known.includes(name))
  if (unknown === undefined) return
  if (kind !== 'agentIdentity') throw badRequest(`The property '${unknown}' is not emulated here.`)
  throw new GraphError(
    400,
    'PropertyNotCompatibleWithAgentIdentity',
    `The property '${unknown}' is not compatible with an agent identity.`,
  )
}
