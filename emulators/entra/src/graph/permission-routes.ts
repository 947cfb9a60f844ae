import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { AppRoleAssignment, PermissionGrant } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { NewAppRoleAssignment, NewPermissionGrant, PermissionGrantPatch } from './bodies.ts'
import { requirePermission } from './caller.ts'
import { alreadyExists, badRequest, notFound } from './graph-error.ts'
import { checkQuota } from './limits.ts'
import { findServicePrincipal } from './lookup.ts'
import { collection } from './odata.ts'

const Key = Type.Object({ key: Type.String() })
const AssignmentKey = Type.Object({ key: Type.String(), assignment: Type.String() })
const Query = Type.Record(Type.String(), Type.String())
const assign = 'AppRoleAssignment.ReadWrite.All'
const grantPermission = 'DelegatedPermissionGrant.ReadWrite.All'

/** App role assignments and delegated permission grants: what an administrator's consent comes down to. */
export const permissionRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  for (const [path, side] of [
    ['appRoleAssignments', 'principalId'],
    ['appRoleAssignedTo', 'resourceId'],
  ] as const) {
    const route = `/servicePrincipals/:key/${path}`

    app.get(route, { schema: { params: Key, querystring: Query } }, async ({ caller, params, query }) => {
      requirePermission(caller, assign, 'Application.Read.All', 'Application.ReadWrite.All')
      const { id } = findServicePrincipal(entra, params.key)
      const assignments = entra.directory.content.appRoleAssignments.filter(known => known[side] === id)
      return collection(path, assignments.map(showAssignment), query)
    })

    app.post(
      route,
      { schema: { params: Key, body: NewAppRoleAssignment } },
      async ({ body, caller, params }, reply) => {
        requirePermission(caller, assign)
        checkQuota(entra)
        if (body[side].toLowerCase() !== findServicePrincipal(entra, params.key).id)
          throw badRequest(`The ${side} of the body is not the object in the address.`)
        return reply.code(201).send(showAssignment(assignRole(entra, body)))
      },
    )

    app.delete(
      `${route}/:assignment`,
      { schema: { params: AssignmentKey } },
      async ({ caller, params }, reply) => {
        requirePermission(caller, assign)
        const { id } = findServicePrincipal(entra, params.key)
        const { content } = entra.directory
        const gone = content.appRoleAssignments.find(
          known => known.id === params.assignment && known[side] === id,
        )
        if (!gone) throw notFound(params.assignment)
        content.appRoleAssignments = content.appRoleAssignments.filter(known => known !== gone)
        return reply.code(204).send()
      },
    )
  }

  app.get('/oauth2PermissionGrants', { schema: { querystring: Query } }, async ({ caller, query }) => {
    requirePermission(caller, grantPermission)
    const shown = entra.directory.content.permissionGrants.map(grant => ({ ...grant }))
    return collection('oauth2PermissionGrants', shown, query)
  })

  app.get('/oauth2PermissionGrants/:key', { schema: { params: Key } }, async ({ caller, params }) => {
    requirePermission(caller, grantPermission)
    return findGrant(entra, params.key)
  })

  app.post(
    '/oauth2PermissionGrants',
    { schema: { body: NewPermissionGrant } },
    async ({ body, caller }, reply) => {
      requirePermission(caller, grantPermission)
      checkQuota(entra)
      const clientId = findServicePrincipal(entra, body.clientId).id
      const resourceId = findServicePrincipal(entra, body.resourceId).id
      const { consentType, scope } = body
      const principalId = body.principalId?.toLowerCase() ?? null
      if ((consentType === 'Principal') !== (principalId !== null))
        throw badRequest('principalId goes with consentType Principal, and only with it.')
      if (principalId !== null && !entra.directory.user(principalId)) throw notFound(principalId)
      const grant = { id: randomUUID(), clientId, consentType, principalId, resourceId, scope: scope.trim() }
      if (entra.directory.content.permissionGrants.some(known => isSameGrant(known, grant)))
        throw alreadyExists('Permission entry already exists.')
      entra.directory.content.permissionGrants.push(grant)
      return reply.code(201).send(grant)
    },
  )

  app.patch(
    '/oauth2PermissionGrants/:key',
    { schema: { params: Key, body: PermissionGrantPatch } },
    async ({ body, caller, params }, reply) => {
      requirePermission(caller, grantPermission)
      findGrant(entra, params.key).scope = body.scope.trim()
      return reply.code(204).send()
    },
  )

  app.delete(
    '/oauth2PermissionGrants/:key',
    { schema: { params: Key } },
    async ({ caller, params }, reply) => {
      requirePermission(caller, grantPermission)
      const gone = findGrant(entra, params.key)
      const { content } = entra.directory
      content.permissionGrants = content.permissionGrants.filter(grant => grant !== gone)
      return reply.code(204).send()
    },
  )

  function showAssignment(assignment: AppRoleAssignment) {
    const { directory } = entra
    const principal =
      directory.principalById(assignment.principalId) ?? directory.user(assignment.principalId)
    return {
      ...assignment,
      principalDisplayName: principal?.displayName ?? null,
      principalType: principal && 'userPrincipalName' in principal ? 'User' : 'ServicePrincipal',
      resourceDisplayName: directory.principalById(assignment.resourceId)?.displayName ?? null,
    }
  }
}

function assignRole(
  entra: Entra,
  body: Pick<AppRoleAssignment, 'principalId' | 'resourceId' | 'appRoleId'>,
): AppRoleAssignment {
  const { directory } = entra
  const principalId = body.principalId.toLowerCase()
  if (!directory.user(principalId)) findServicePrincipal(entra, principalId)
  const resource = findServicePrincipal(entra, body.resourceId)
  const appRoleId = body.appRoleId.toLowerCase()
  const roles = directory.application(resource.appId)?.appRoles ?? []
  if (!roles.some(({ id }) => id.toLowerCase() === appRoleId))
    throw badRequest(`Permission being assigned was not found on application '${resource.appId}'.`)
  const isHeld = directory.content.appRoleAssignments.some(
    known =>
      known.principalId === principalId &&
      known.resourceId === resource.id &&
      known.appRoleId.toLowerCase() === appRoleId,
  )
  if (isHeld) throw badRequest('Permission being assigned already exists on the object.')
  const createdDateTime = new Date(entra.clock.nowMs()).toISOString()
  const assignment = { id: randomUUID(), principalId, resourceId: resource.id, appRoleId, createdDateTime }
  directory.content.appRoleAssignments.push(assignment)
  return assignment
}

function findGrant(entra: Entra, id: string): PermissionGrant {
  const grant = entra.directory.content.permissionGrants.find(known => known.id === id)
  if (!grant) throw notFound(id)
  return grant
}

function isSameGrant(one: PermissionGrant, other: PermissionGrant): boolean {
  return (
    one.clientId === other.clientId &&
    one.resourceId === other.resourceId &&
    one.consentType === other.consentType &&
    one.principalId === other.principalId
  )
}
