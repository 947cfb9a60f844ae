import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { createAsManager } from '../directory/graph-permissions.ts'
import { newServicePrincipal } from '../directory/new-objects.ts'
import type { Application } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { NewAgentIdentity, NewServicePrincipal } from './bodies.ts'
import { type Caller, requireAgentPermission } from './caller.ts'
import { alreadyExists, badRequest, GraphError } from './graph-error.ts'
import { checkQuota, limits } from './limits.ts'
import { readBoundUsers } from './lookup.ts'
import { collection } from './odata.ts'
import { showServicePrincipal } from './views.ts'

/** Blueprint principals and agent identities (https://learn.microsoft.com/entra/agent-id). */
export const agentRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.post(
    '/servicePrincipals/microsoft.graph.agentIdentityBlueprintPrincipal',
    { schema: { body: NewServicePrincipal } },
    async ({ body, caller }, reply) => {
      requireAgentPermission(caller, 'AgentIdentityBlueprintPrincipal.Create')
      checkQuota(entra)
      const blueprint = entra.directory.application(body.appId)
      if (blueprint?.kind !== 'agentIdentityBlueprint')
        throw badRequest(`'${body.appId}' is not an agent identity blueprint.`)
      if (entra.directory.principal(body.appId))
        throw alreadyExists('The service principal of this blueprint exists already.')
      const principal = newServicePrincipal({
        id: randomUUID(),
        appId: blueprint.appId,
        kind: 'agentIdentityBlueprintPrincipal',
        displayName: blueprint.displayName,
        createdDateTime: new Date(entra.clock.nowMs()).toISOString(),
      })
      entra.directory.content.servicePrincipals.push(principal)
      return reply.code(201).send(showServicePrincipal(principal, blueprint))
    },
  )

  app.get(
    '/servicePrincipals/microsoft.graph.agentIdentity',
    { schema: { querystring: Type.Record(Type.String(), Type.String()) } },
    async ({ caller, query }) => {
      requireAgentPermission(caller, 'Application.Read.All', 'Application.ReadWrite.All', createAsManager)
      const agents = entra.directory.content.servicePrincipals.filter(({ kind }) => kind === 'agentIdentity')
      return collection(
        'servicePrincipals/microsoft.graph.agentIdentity',
        agents.map(agent => showServicePrincipal(agent, undefined)),
        query,
      )
    },
  )

  app.post(
    '/servicePrincipals/microsoft.graph.agentIdentity',
    { schema: { body: NewAgentIdentity } },
    async ({ body, caller }, reply) => {
      requireAgentPermission(caller, 'AgentIdentity.Create.All', createAsManager)
      checkQuota(entra)
      const blueprint = findBlueprint(entra, caller, body.agentIdentityBlueprintId)
      const sponsors = readBoundUsers(entra, body['sponsors@odata.bind'])
      if (sponsors.length === 0) throw badRequest('At least one sponsor is required for an agent identity.')
      const id = randomUUID()
      const agent = newServicePrincipal({
        id,
        // On the wire the agent's client id is its object id.
        appId: id,
        kind: 'agentIdentity',
        displayName: body.displayName,
        createdDateTime: new Date(entra.clock.nowMs()).toISOString(),
        agentIdentityBlueprintId: blueprint.appId,
        sponsors,
      })
      entra.directory.content.servicePrincipals.push(agent)
      return reply.code(201).send(showServicePrincipal(agent, undefined))
    },
  )
}

/** The parent of a new agent: a blueprint with a principal here, and the caller's own if that is all it may manage. */
function findBlueprint(entra: Entra, { appId, permissions }: Caller, blueprintId: string): Application {
  const blueprint = entra.directory.application(blueprintId)
  if (blueprint?.kind !== 'agentIdentityBlueprint')
    throw new GraphError(
      400,
      'AgentIdentity_IncompatibleParentType',
      `The parent '${blueprintId}' of an agent identity must be an agent identity blueprint.`,
    )
  if (!entra.directory.principal(blueprint.appId))
    throw new GraphError(
      400,
      'AgentIdentity_AgentBlueprintPrincipalDoesNotExist',
      `The blueprint '${blueprint.appId}' has no principal in this tenant; create one first.`,
    )
  if (!permissions.has('AgentIdentity.Create.All') && appId !== blueprint.appId)
    throw new GraphError(
      403,
      'Error_AgentIdentitySelfCreateRequired',
      'A blueprint may create agent identities of its own only.',
    )
  const siblings = entra.directory.content.servicePrincipals.filter(
    ({ agentIdentityBlueprintId }) => agentIdentityBlueprintId === blueprint.appId,
  )
  if (siblings.length >= limits.agentsPerBlueprint)
    throw new GraphError(
      403,
      'AgentIdentity_LimitExceeded',
      'The blueprint has as many agent identities as it may have.',
    )
  return blueprint
}
