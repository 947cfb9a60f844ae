import { randomUUID } from 'node:crypto'
import type { Static } from 'typebox'
import type { AppRoleAssignment } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { NewAppRoleAssignment, NewPermissionGrant, PermissionGrantPatch } from './bodies.ts'
import { badRequest, duplicateError, throwNotFound } from './graph-error.ts'
import { findServicePrincipal, findUser, without } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

const assignmentRight = 'AppRoleAssignment.ReadWrite.All'
const grantRight = 'DelegatedPermissionGrant.ReadWrite.All'
const assignmentPath = '/servicePrincipals/:key/appRoleAssignments'
const grantPath = '/oauth2PermissionGrants'

/** App role assignments and delegated permission grants, which record an administrator's consent. */
export function addPermissionRoutes(routes: GraphRoutes): void {
  const readers = routes.for(assignmentRight, 'Application.ReadWrite.All')
  readers.list(assignmentPath, ({ entra, key }) =>
    assignmentsWith(entra, 'principalId', findServicePrincipal(entra, key).id),
  )
  readers.list(
    '/servicePrincipals/:key/appRoleAssignedTo',
    ({ entra, key }) => assignmentsWith(entra, 'resourceId', findServicePrincipal(entra, key).id),
    'appRoleAssignments',
  )
  readers.list('/users/:key/appRoleAssignments', ({ entra, key }) =>
    assignmentsWith(entra, 'principalId', findUser(entra, key).id),
  )
  const assigners = routes.for(assignmentRight)
  assigners.create(assignmentPath, NewAppRoleAssignment, ({ entra, body, key }) => {
    if (body.principalId.toLowerCase() !== findServicePrincipal(entra, key).id)
      throw badRequest('The principalId of the body is not the object in the address.')
    return showAssignment(entra, assignRole(entra, body))
  })
  assigners.remove(`${assignmentPath}/:part`, ({ entra, content, key, part }) => {
    const { id } = findServicePrincipal(entra, key)
    const isGone = (known: AppRoleAssignment) => known.id === part && known.principalId === id
    content.appRoleAssignments = without(content.appRoleAssignments, part, isGone)
  })

  const grants = routes.for(grantRight)
  grants.list('/users/:key/oauth2PermissionGrants', ({ entra, content, key }) => {
    const { id } = findUser(entra, key)
    return content.permissionGrants.filter(({ principalId }) => principalId === id)
  })
  grants.list(grantPath, ({ content }) => content.permissionGrants)
  grants.create(grantPath, NewPermissionGrant, ({ entra, content, body }) => {
    const { consentType, scope } = body
    const principalId = body.principalId?.toLowerCase() ?? null
    if ((consentType === 'Principal') !== (principalId !== null))
      throw badRequest('principalId goes with consentType Principal, and only with it.')
    if (principalId !== null) findUser(entra, principalId)
    const clientId = findServicePrincipal(entra, body.clientId).id
    const resourceId = findServicePrincipal(entra, body.resourceId).id
    const grant = { id: randomUUID(), clientId, consentType, principalId, resourceId, scope }
    if (entra.directory.grantLike(grant)) throw duplicateError('Permission entry already exists.')
    content.permissionGrants.push(grant)
    return grant
  })
  grants.change(`${grantPath}/:key`, PermissionGrantPatch, ({ content, body, key }) => {
    const grant = content.permissionGrants.find(({ id }) => id === key) ?? throwNotFound(key)
    grant.scope = body.scope
  })
  grants.remove(`${grantPath}/:key`, ({ content, key }) => {
    content.permissionGrants = without(content.permissionGrants, key, ({ id }) => id === key)
  })
}

function assignmentsWith(entra: Entra, key: 'principalId' | 'resourceId', id: string) {
  return entra.directory.content.appRoleAssignments
    .filter(known => known[key] === id)
    .map(assignment => showAssignment(entra, assignment))
}

function assignRole(entra: Entra, body: Static<typeof NewAppRoleAssignment>): AppRoleAssignment {
  const { directory } = entra
  const principalId = body.principalId.toLowerCase()
  const resource = findServicePrincipal(entra, body.resourceId)
  const appRoleId = body.appRoleId.toLowerCase()
  const roles = directory.application(resource.appId)?.appRoles ?? []
  if (!roles.some(({ id }) => id.toLowerCase() === appRoleId))
    throw badRequest(`Permission being assigned was not found on application '${resource.appId}'.`)
  const createdDateTime = entra.clock.timestamp()
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
