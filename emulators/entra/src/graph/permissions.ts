import { randomUUID } from 'node:crypto'
import type { Static } from 'typebox'
import type { AppRoleAssignment, PermissionGrant } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { NewAppRoleAssignment, NewPermissionGrant, PermissionGrantPatch } from './bodies.ts'
import { requirePermission } from './caller.ts'
import { alreadyExists, badRequest, notFound } from './graph-error.ts'
import { findServicePrincipal } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

const assign = 'AppRoleAssignment.ReadWrite.All'
const grantPermission = 'DelegatedPermissionGrant.ReadWrite.All'
const assignmentPath = '/servicePrincipals/:key/appRoleAssignments'
const grantPath = '/oauth2PermissionGrants'

/** App role assignments and delegated permission grants: what an administrator's consent comes down to. */
export function addPermissionRoutes(routes: GraphRoutes, entra: Entra): void {
  routes.list(assignmentPath, 'appRoleAssignments', ({ caller, key }) => {
    requirePermission(caller, assign, 'Application.ReadWrite.All')
    const { id } = findServicePrincipal(entra, key)
    return entra.directory.content.appRoleAssignments
      .filter(known => known.principalId === id)
      .map(assignment => showAssignment(entra, assignment))
  })
  routes.list('/servicePrincipals/:key/appRoleAssignedTo', 'appRoleAssignments', ({ caller, key }) => {
    requirePermission(caller, assign, 'Application.ReadWrite.All')
    const { id } = findServicePrincipal(entra, key)
    return entra.directory.content.appRoleAssignments
      .filter(known => known.resourceId === id)
      .map(assignment => showAssignment(entra, assignment))
  })
  routes.create(assignmentPath, NewAppRoleAssignment, ({ body, caller, key }) => {
    requirePermission(caller, assign)
    if (body.principalId.toLowerCase() !== findServicePrincipal(entra, key).id)
      throw badRequest('The principalId of the body is not the object in the address.')
    return showAssignment(entra, assignRole(entra, body))
  })
  routes.remove(`${assignmentPath}/:part`, ({ caller, key, part }) => {
    requirePermission(caller, assign)
    const { id } = findServicePrincipal(entra, key)
    const { content } = entra.directory
    const others = content.appRoleAssignments.filter(known => known.id !== part || known.principalId !== id)
    if (others.length === content.appRoleAssignments.length) notFound(part)
    content.appRoleAssignments = others
  })

  routes.list('/users/:key/appRoleAssignments', 'appRoleAssignments', ({ caller, key }) => {
    requirePermission(caller, assign, 'Application.ReadWrite.All')
    const { id } = entra.directory.user(key) ?? notFound(key)
    return entra.directory.content.appRoleAssignments
      .filter(({ principalId }) => principalId === id)
      .map(assignment => showAssignment(entra, assignment))
  })
  routes.list('/users/:key/oauth2PermissionGrants', 'oauth2PermissionGrants', ({ caller, key }) => {
    requirePermission(caller, grantPermission)
    const { id } = entra.directory.user(key) ?? notFound(key)
    return entra.directory.content.permissionGrants.filter(({ principalId }) => principalId === id)
  })
  routes.list(grantPath, 'oauth2PermissionGrants', ({ caller }) => {
    requirePermission(caller, grantPermission)
    return entra.directory.content.permissionGrants
  })
  routes.create(grantPath, NewPermissionGrant, ({ body, caller }) => {
    requirePermission(caller, grantPermission)
    const { consentType, scope } = body
    const principalId = body.principalId?.toLowerCase() ?? null
    if ((consentType === 'Principal') !== (principalId !== null))
      throw badRequest('principalId goes with consentType Principal, and only with it.')
    if (principalId !== null && !entra.directory.user(principalId)) notFound(principalId)
    const clientId = findServicePrincipal(entra, body.clientId).id
    const resourceId = findServicePrincipal(entra, body.resourceId).id
    const grant = { id: randomUUID(), clientId, consentType, principalId, resourceId, scope }
    if (entra.directory.grantLike(grant)) throw alreadyExists('Permission entry already exists.')
    entra.directory.content.permissionGrants.push(grant)
    return grant
  })
  routes.change(`${grantPath}/:key`, PermissionGrantPatch, ({ body, caller, key }) => {
    requirePermission(caller, grantPermission)
    findGrant(entra, key).scope = body.scope
  })
  routes.remove(`${grantPath}/:key`, ({ caller, key }) => {
    requirePermission(caller, grantPermission)
    const gone = findGrant(entra, key)
    const { content } = entra.directory
    content.permissionGrants = content.permissionGrants.filter(grant => grant !== gone)
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

/** An app role assignment as Graph shows it. */
export function showAssignment({ directory }: Entra, assignment: AppRoleAssignment) {
  const user = directory.user(assignment.principalId)
  return {
    ...assignment,
    principalDisplayName: (user ?? directory.principalById(assignment.principalId))?.displayName,
    principalType: user ? 'User' : 'ServicePrincipal',
    resourceDisplayName: directory.principalById(assignment.resourceId)?.displayName,
  }
}

function findGrant(entra: Entra, id: string): PermissionGrant {
  return entra.directory.content.permissionGrants.find(known => known.id === id) ?? notFound(id)
}
