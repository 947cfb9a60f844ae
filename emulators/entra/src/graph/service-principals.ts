import { randomUUID } from 'node:crypto'
import { type Application, newServicePrincipal, type ServicePrincipal } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import {
  applicationPermission,
  badRequest,
  duplicateError,
  GraphError,
  requireByKind,
  requirePermission,
} from './access.ts'
import { NewAgentIdentity, NewServicePrincipal, PrincipalPatch } from './bodies.ts'
import { readBoundUsers } from './odata.ts'
import { changeProperties, lookUpMisses, propertySeenByLookUp } from './replication.ts'
import type { GraphRoutes } from './routes.ts'

const agentPath = '/servicePrincipals/microsoft.graph.agentIdentity'
const blueprintPrincipalPath = '/servicePrincipals/microsoft.graph.agentIdentityBlueprintPrincipal'

/** `/servicePrincipals`, blueprint principals and agent identities included (https://learn.microsoft.com/entra/agent-id). */
export function addServicePrincipalRoutes(routes: GraphRoutes): void {
  const applicationWriters = routes.for(applicationPermission)
  const readers = routes.for('Application.Read.All')
  readers.list('/servicePrincipals', ({ entra, content }) =>
    content.servicePrincipals.map(one => showServicePrincipal(entra, one)),
  )
  routes.forAgents('AgentIdentity.Read.All').list(agentPath, ({ entra, content }) => {
    const agents = content.servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
    return agents.filter(one => !lookUpMisses(entra, one)).map(one => showServicePrincipal(entra, one))
  })
  readers.get('/servicePrincipals/:key', ({ entra, principal }) => showServicePrincipal(entra, principal))

  applicationWriters.create('/servicePrincipals', NewServicePrincipal, ({ entra, body }) => {
    const application = entra.directory.application(body.appId)
    if (!application || lookUpMisses(entra, application))
      throw new GraphError('NoBackingApplicationObject', `No application has the appId '${body.appId}'.`)
    if (application.kind === 'agentIdentityBlueprint')
      throw badRequest('Create it as microsoft.graph.agentIdentityBlueprintPrincipal.')
    return addPrincipalOf(entra, application, 'servicePrincipal')
  })
  const blueprintWriters = routes.forAgents('AgentIdentityBlueprintPrincipal.Create')
  blueprintWriters.create(blueprintPrincipalPath, NewServicePrincipal, ({ entra, body }) => {
    const blueprint = entra.directory.application(body.appId)
    if (blueprint?.kind !== 'agentIdentityBlueprint')
      throw badRequest(`'${body.appId}' is not an agent identity blueprint.`)
    return addPrincipalOf(entra, blueprint, 'agentIdentityBlueprintPrincipal')
  })
  const agentWriters = routes.forAgents('AgentIdentity.Create.All')
  agentWriters.create(agentPath, NewAgentIdentity, ({ entra, body }) => {
    const blueprint = findBlueprint(entra, body.agentIdentityBlueprintId)
    const sponsors = readBoundUsers(entra, body['sponsors@odata.bind'])
    if (sponsors.length === 0) throw badRequest('At least one sponsor is required for an agent identity.')
    const id = randomUUID()
    const owners = readBoundUsers(entra, body['owners@odata.bind'])
    const responsible = { agentIdentityBlueprintId: blueprint.appId, sponsors, owners }
    // In tokens and token requests, an agent's client id is its object id.
    const ids = { id, appId: id, kind: 'agentIdentity', displayName: body.displayName } as const
    return addPrincipal(entra, { ...ids, ...responsible })
  })

  routes.change('/servicePrincipals/:key', PrincipalPatch, ({ principal, body, caller }) => {
    const { customSecurityAttributes, ...account } = body
    const what = principal.kind === 'agentIdentity' ? 'AgentIdentity' : 'AgentIdentityBlueprintPrincipal'
    if (customSecurityAttributes) requirePermission(caller, 'CustomSecAttributeAssignment.ReadWrite.All')
    if (Object.keys(account).length > 0) requireByKind(caller, principal, `${what}.EnableDisable.All`)
    changeProperties(principal, body)
  })
  routes.remove('/servicePrincipals/:key', ({ entra, caller, principal }) => {
    requireByKind(caller, principal, 'AgentIdentity.DeleteRestore.All')
    entra.directory.remove(principal)
  })
}

function addPrincipalOf(entra: Entra, { appId, displayName }: Application, kind: ServicePrincipal['kind']) {
  const inUse = `The service principal cannot be created because the appId ${appId} is already in use.`
  if (entra.directory.principal(appId)) throw duplicateError(inUse)
  return addPrincipal(entra, { id: randomUUID(), appId, kind, displayName })
}

function addPrincipal(entra: Entra, properties: Parameters<typeof newServicePrincipal>[0]) {
  const principal = newServicePrincipal({ ...properties, createdDateTime: entra.clock.timestamp() })
  entra.directory.content.servicePrincipals.push(principal)
  return showServicePrincipal(entra, principal)
}

/** The blueprint of a new agent; it must have a principal in this tenant. */
function findBlueprint(entra: Entra, blueprintId: string): Application {
  const blueprint = entra.directory.application(blueprintId)
  if (blueprint?.kind !== 'agentIdentityBlueprint')
    throw new GraphError('AgentIdentity_IncompatibleParentType', `'${blueprintId}' is no blueprint.`)
  const principal = entra.directory.principal(blueprint.appId)
  if (!principal || lookUpMisses(entra, principal))
    throw new GraphError(
      'AgentIdentity_AgentBlueprintPrincipalDoesNotExist',
      `The blueprint '${blueprint.appId}' has no principal in this tenant; create one first.`,
    )
  return blueprint
}

/** A principal as Graph shows it: for an agent identity, `appId` is `null`. */
function showServicePrincipal(entra: Entra, principal: ServicePrincipal) {
  const { kind, sponsors, owners, agentIdentityBlueprintId, document, customSecurityAttributes, ...rest } =
    principal
  const properties = {
    ...{ keyCredentials: [], passwordCredentials: [], appOwnerOrganizationId: entra.config.tenantId },
    ...rest,
    accountEnabled: propertySeenByLookUp(entra, principal, 'accountEnabled'),
  }
  const application = entra.directory.application(principal.appId)
  if (kind === 'agentIdentity')
    return {
      '@odata.type': '#microsoft.graph.agentIdentity',
      ...properties,
      appId: null,
      agentIdentityBlueprintId,
      createdByAppId: agentIdentityBlueprintId,
      servicePrincipalType: 'ServiceIdentity',
    }
  return {
    ...(kind === 'servicePrincipal' ? {} : { '@odata.type': `#microsoft.graph.${kind}` }),
    ...properties,
    servicePrincipalType: 'Application',
    servicePrincipalNames: [principal.appId, ...(application?.identifierUris ?? [])],
    appRoles: application?.appRoles ?? [],
    oauth2PermissionScopes: application?.api.oauth2PermissionScopes ?? [],
  }
}
