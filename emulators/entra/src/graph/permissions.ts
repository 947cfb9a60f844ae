import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from 'typebox'
import type { AppRoleAssignment, PermissionGrant } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { Key, NewAppRoleAssignment, NewPermissionGrant, PermissionGrantPatch, Query } from './bodies.ts'
import { requirePermission } from './caller.ts'
import { alreadyExists, badRequest, notFound } from './graph-error.ts'
import { collection, findServicePrincipal } from './odata.ts'

const AssignmentKey = Type.Object({ key: Type.String(), assignment: Type.String() })
const assign = 'AppRoleAssignment.ReadWrite.All'
const grantPermission = 'DelegatedPermissionGrant.ReadWrite.All'
const assignmentPath = '/servicePrincipals/:key/appRoleAssignments'
const grantPath = '/oauth2PermissionGrants'

/** App role assignments and delegated permission grants: what an administrator's consent comes down to. */
export const permissionRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.get(
    assignmentPath,
    { schema: { params: Key, querystring: Query } },
    async ({ caller, params, query }) => {
      requirePermission(caller, assign, 'Application.ReadWrite.All')
      const { id } = findServicePrincipal(entra, params.key)
      const assignments = entra.directory.content.appRoleAssignments.filter(known => known.principalId === id)
      const shown = assignments.map(assignment => showAssignment(entra, assignment))
      return collection('appRoleAssignments', shown, query)
    },
  )

  app.post(
    assignmentPath,
    { schema: { params: Key, body: NewAppRoleAssignment } },
    async ({ body, caller, params }, reply) => {
      requirePermission(caller, assign)
      if (body.principalId.toLowerCase() !== findServicePrincipal(entra, params.key).id)
        throw badRequest('The principalId of the body is not the object in the address.')
      return reply.code(201).send(showAssignment(entra, assignRole(entra, body)))
    },
  )

  app.delete(
    `${assignmentPath}/:assignment`,
    { schema: { params: AssignmentKey } },
    async ({ caller, params }, reply) => {
      requirePermission(caller, assign)
      const { id } = findServicePrincipal(entra, params.key)
      const { content } = entra.directory
      const others = content.appRoleAssignments.filter(
        known => known.id !== params.assignment || known.principalId !== id,
      )
      if (others.length === content.appRoleAssignments.length) notFound(params.assignment)
      content.appRoleAssignments = others
      return reply.code(204).send()
    },
  )

  app.get(grantPath, { schema: { querystring: Query } }, async ({ caller, query }) => {
    requirePermission(caller, grantPermission)
    return collection('oauth2PermissionGrants', entra.directory.content.permissionGrants, query)
  })

  app.post(grantPath, { schema: { body: NewPermissionGrant } }, async ({ body, caller }, reply) => {
    requirePermission(caller, grantPermission)
    const { consentType, scope } = body
    const principalId = body.principalId?.toLowerCase() ?? null
    if ((consentType === 'Principal') !== (principalId !== null))
      throw badRequest('principalId goes with consentType Principal, and only with it.')
    if (principalId !== null && !entra.directory.user(principalId)) notFound(principalId)
    const clientId = findServicePrincipal(entra, body.clientId).id
    const resourceId = findServicePrincipal(entra, body.resourceId).id
    const grant = { id: randomUUID(), clientId, consentType, principalId, resourceId, scope: scope.trim() }
    if (entra.directory.grantLike(grant)) throw alreadyExists('Permission entry already exists.')
    entra.directory.content.permissionGrants.push(grant)
    return reply.code(201).send(grant)
  })

  app.patch(
    `${grantPath}/:key`,
    { schema: { params: Key, body: PermissionGrantPatch } },
    async ({ body, caller, params }, reply) => {
      requirePermission(caller, grantPermission)
      findGrant(entra, params.key).scope = body.scope.trim()
      return reply.code(204).send()
    },
  )

  app.delete(`${grantPath}/:key`, { schema: { params: Key } }, async ({ caller, params }, reply) => {
    requirePermission(caller, grantPermission)
    const gone = findGrant(entra, params.key)
    const { content } = entra.directory
    content.permissionGrants = content.permissionGrants.filter(grant => grant !== gone)
    return reply.code(204).send()
  })
}

function assignRole(entra: Entra, body: Static<typeof NewAppRoleAssignment>): AppRoleAssignment {
  const { directory } = entra
  const principalId = body.principalId.toLowerCase()
  const resource = findServicePrincipal(entra, body.resourceId)
  const appRoleId = body.appRoleId.toLowerCase()
  const roles = directory.application(resource.appId)?.appRoles ?? []
  if (!roles.some(({ id }) => id.toLowerCase() === appRoleId))
    throw badRequest(`Permission being assigned was not found on application '${resource.appId}'.`)
  const createdDateTime = new Date(entra.clock.nowMs()).toISOString()
  const assignment = { id: randomUUID(), principalId, resourceId: resource.id, appRoleId, createdDateTime }
  const isHeld = directory.content.appRoleAssignments.some(
    known =>
      known.principalId === principalId && known.resourceId === resource.id && known.appRoleId === appRoleId,
  )
  if (isHeld) throw badRequest('Permission being assigned already exists on the object.')
  directory.content.appRoleAssignments.push(assignment)
  return assignment
}

function showAssignment({ directory }: Entra, assignment: AppRoleAssignment) {
  return {
    ...assignment,
    principalDisplayName: directory.principalById(assignment.principalId)?.displayName,
    principalType: 'ServicePrincipal',
    resourceDisplayName: directory.principalById(assignment.resourceId)?.displayName,
  }
}

function findGrant(entra: Entra, id: string): PermissionGrant {
  return entra.directory.content.permissionGrants.find(known => known.id === id) ?? notFound(id)
}
