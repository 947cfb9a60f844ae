import { randomUUID } from 'node:crypto'
import type { Static } from 'typebox'
import type { AppRoleAssignment, PermissionGrant } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { NewAppRoleAssignment, NewPermissionGrant, PermissionGrantPatch } from './bodies.ts'
import { badRequest, duplicateError, throwNotFound } from './graph-error.ts'
import { findServicePrincipal, findUser } from './odata.ts'
import type { GraphRoutes } from './routes.ts'

const assignmentRight = 'AppRoleAssignment.ReadWrite.All'
const grantRight = 'DelegatedPermissionGrant.ReadWrite.All'
const assignmentPath = '/servicePrincipals/:key/appRoleAssignments'
const grantPath = '/oauth2PermissionGrants'

/** App role assignments and delegated permission grants, which record an administrator's consent. */
export function addPermissionRoutes(routes: GraphRoutes, entra: Entra): void {
  const content = () => entra.directory.content
  const assignmentsWith = (key: 'principalId' | 'resourceId', id: string) =>
    content()
      .appRoleAssignments.filter(known => known[key] === id)
      .map(assignment => showAssignment(entra, assignment))
  const readers = routes.for(assignmentRight, 'Application.ReadWrite.All')
  readers.list(assignmentPath, ({ key }) =>
    assignmentsWith('principalId', findServicePrincipal(entra, key).id),
  )
  readers.list(
    '/servicePrincipals/:key/appRoleAssignedTo',
    ({ key }) => assignmentsWith('resourceId', findServicePrincipal(entra, key).id),
    'appRoleAssignments',
  )
  readers.list('/users/:key/appRoleAssignments', ({ key }) =>
    assignmentsWith('principalId', findUser(entra, key).id),
  )
  const assigners = routes.for(assignmentRight)
  assigners.create(assignmentPath, NewAppRoleAssignment, ({ body, key }) => {
    if (body.principalId.toLowerCase() !== findServicePrincipal(entra, key).id)
      throw badRequest('The principalId of the body is not the object in the address.')
    return showAssignment(entra, assignRole(entra, body))
  })
  assigners.remove(`${assignmentPath}/:part`, ({ key, part }) => {
    const { id } = findServicePrincipal(entra, key)
    const { appRoleAssignments } = content()
    const others = appRoleAssignments.filter(known => known.id !== part || known.principalId !== id)
    if (others.length === appRoleAssignments.length) throwNotFound(part)
    content().appRoleAssignments = others
  })

  const grants = routes.for(grantRight)
  grants.list('/users/:key/oauth2PermissionGrants', ({ key }) => {
    const { id } = findUser(entra, key)
    return content().permissionGrants.filter(({ principalId }) => principalId === id)
  })
  grants.list(grantPath, () => content().permissionGrants)
  grants.create(grantPath, NewPermissionGrant, ({ body }) => {
    const { consentType, scope } = body
    const principalId = body.principalId?.toLowerCase() ?? null
    if ((consentType === 'Principal') !== (principalId !== null))
      throw badRequest('principalId goes with consentType Principal, and only with it.')
    if (principalId !== null) findUser(entra, principalId)
    const clientId = findServicePrincipal(entra, body.clientId).id
    const resourceId = findServicePrincipal(entra, body.resourceId).id
    const grant = { id: randomUUID(), clientId, consentType, principalId, resourceId, scope }
    if (entra.directory.grantLike(grant)) throw duplicateError('Permission entry already exists.')
    content().permissionGrants.push(grant)
    return grant
  })
  grants.change(`${grantPath}/:key`, PermissionGrantPatch, ({ body, key }) => {
    findGrant(entra, key).scope = body.scope
  })
  grants.remove(`${grantPath}/:key`, ({ key }) => {
    const gone = findGrant(entra, key)
    content().permissionGrants = content().permissionGrants.filter(grant => grant !== gone)
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

function findGrant(entra: Entra, id: string): PermissionGrant {
  return entra.directory.content.permissionGrants.find(known => known.id === id) ?? throwNotFound(id)
}
