import { randomUUID } from 'node:crypto'
import { type AppRoleAssignment, InheritablePermission } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { badRequest, duplicateError, throwNotFound } from './access.ts'
import { NewAppRoleAssignment, NewPermissionGrant, PermissionGrantPatch } from './bodies.ts'
import { findByKey, findUser, without } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

const assignmentRight = 'AppRoleAssignment.ReadWrite.All'
const assignmentPath = '/servicePrincipals/:key/appRoleAssignments'
const grantPath = '/oauth2PermissionGrants'

/** App role assignments and delegated permission grants, which record an administrator's consent. */
export function addPermissionRoutes(routes: GraphRoutes): void {
  const readers = routes.for(assignmentRight, 'Application.ReadWrite.All')
  readers.list(assignmentPath, request => assignmentsWith(request, 'principalId', request.principal))
  readers.list(
    '/servicePrincipals/:key/appRoleAssignedTo',
    request => assignmentsWith(request, 'resourceId', request.principal),
    'appRoleAssignments',
  )
  readers.list('/users/:key/appRoleAssignments', request =>
    assignmentsWith(request, 'principalId', request.user),
  )
  const assigners = routes.for(assignmentRight)
  assigners.create(assignmentPath, NewAppRoleAssignment, ({ entra, content, principal: { id }, body }) => {
    if (body.principalId.toLowerCase() !== id)
      throw badRequest('The principalId of the body is not the object in the address.')
    const { id: resourceId, appId } = findByKey(entra, body.resourceId, content.servicePrincipals)
    const appRoleId = body.appRoleId.toLowerCase()
    if (!entra.directory.application(appId)?.appRoles.some(role => role.id.toLowerCase() === appRoleId))
      throw badRequest(`Permission being assigned was not found on application '${appId}'.`)
    const ids = { principalId: id, resourceId, appRoleId }
    if (content.appRoleAssignments.some(known => hasSame(known, ids)))
      throw badRequest('Permission being assigned already exists on the object.')
    const assignment = { id: randomUUID(), ...ids, createdDateTime: entra.clock.timestamp() }
    content.appRoleAssignments.push(assignment)
    return showAssignment(entra, assignment)
  })
  assigners.remove(`${assignmentPath}/:part`, ({ content, principal: { id: principalId }, part }) => {
    const isGone = (known: AppRoleAssignment) => hasSame(known, { id: part, principalId })
    content.appRoleAssignments = without(content.appRoleAssignments, part, isGone)
  })

  const grants = routes.for('DelegatedPermissionGrant.ReadWrite.All')
  grants.list('/users/:key/oauth2PermissionGrants', ({ content, user: { id } }) =>
    content.permissionGrants.filter(({ principalId }) => principalId === id),
  )
  grants.list(grantPath, ({ content }) => content.permissionGrants)
  grants.create(grantPath, NewPermissionGrant, ({ entra, content, body }) => {
    const { consentType, scope } = body
    const principalId = body.principalId?.toLowerCase() ?? null
    if ((consentType === 'Principal') !== (principalId !== null))
      throw badRequest('principalId goes with consentType Principal, and only with it.')
    if (principalId !== null) findUser(entra, principalId)
    const clientId = findByKey(entra, body.clientId, content.servicePrincipals).id
    const resourceId = findByKey(entra, body.resourceId, content.servicePrincipals).id
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

/** Whether an assignment has these ids. */
function hasSame(known: AppRoleAssignment, ids: Partial<AppRoleAssignment>): boolean {
  return Object.entries(ids).every(([name, id]) => known[name as keyof AppRoleAssignment] === id)
}

function assignmentsWith(
  { entra, content }: GraphRequest,
  key: 'principalId' | 'resourceId',
  { id }: { id: string },
) {
  const found = content.appRoleAssignments.filter(known => known[key] === id)
  return found.map(assignment => showAssignment(entra, assignment))
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

const listPath = '/applications/:key/inheritablePermissions'

/**
 * What agent identities inherit from their blueprint's principal, which only the beta version shows of an agent
 * (https://learn.microsoft.com/entra/agent-id/configure-inheritable-permissions-blueprints).
 */
export function addInheritanceRoutes(routes: GraphRoutes, version: GraphVersion): void {
  const readers = routes.forAgents('AgentIdentityBlueprint.Read.All')
  const writers = routes.forAgents('AgentIdentityBlueprint.Create', 'AgentIdentityBlueprint.ReadWrite.All')
  readers.list(listPath, request => blueprintOf(request).inheritablePermissions)
  writers.create(listPath, InheritablePermission, request => {
    const [{ inheritablePermissions: known }, { body }] = [blueprintOf(request), request]
    if (known.some(({ resourceAppId }) => resourceAppId === body.resourceAppId))
      throw duplicateError(`There are inheritable permissions for '${body.resourceAppId}' already.`)
    known.push(body)
    return body
  })
  writers.remove(`${listPath}/:part`, request => {
    const [blueprint, { part }] = [blueprintOf(request), request]
    const known = blueprint.inheritablePermissions
    blueprint.inheritablePermissions = without(known, part, ({ resourceAppId }) => resourceAppId === part)
  })
  if (version !== 'beta') return
  const agentReaders = routes.forAgents('AgentIdentity.Read.All')
  const path = '/servicePrincipals/:key/inherited'
  agentReaders.list(
    `${path}AppRoleAssignments`,
    request => {
      const inherited = request.entra.directory.inheritedAssignments(agentOf(request))
      return inherited.map(one => showAssignment(request.entra, one))
    },
    'appRoleAssignments',
  )
  agentReaders.list(
    `${path}Oauth2PermissionGrants`,
    request => request.entra.directory.inheritedGrants(agentOf(request)),
    'oauth2PermissionGrants',
  )
}

function agentOf({ principal, key }: GraphRequest) {
  return principal.kind === 'agentIdentity' ? principal : throwNotFound(key)
}

function blueprintOf({ application, key }: GraphRequest) {
  return application.kind === 'agentIdentityBlueprint' ? application : throwNotFound(key)
}
