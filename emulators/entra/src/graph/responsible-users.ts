import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Application, ServicePrincipal } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { Key, Query, Reference } from './bodies.ts'
import { type Caller, requireAgentPermission } from './caller.ts'
import { badRequest, GraphError, notFound } from './graph-error.ts'
import { collection, findApplication, findServicePrincipal, readUserId } from './odata.ts'

type Relation = 'sponsors' | 'owners'
type Permissions = Readonly<Record<Relation, { readonly list: string; readonly add: string }>>

const blueprintPermissions: Permissions = {
  sponsors: { list: 'Application.ReadWrite.All', add: 'Application.ReadWrite.All' },
  owners: { list: 'AgentIdentityBlueprint.Read.All', add: 'AgentIdentityBlueprint.ReadWrite.All' },
}
const agentPermissions: Permissions = {
  sponsors: { list: 'AgentIdentity.ReadWrite.All', add: 'AgentIdentity.ReadWrite.All' },
  owners: { list: 'AgentIdentity.Read.All', add: 'AgentIdentity.ReadWrite.All' },
}

/** Who answers for blueprints and agent identities, and who may change them (https://learn.microsoft.com/graph/api/resources/agentidentity). */
export const responsibleUserRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  const find = (path: string, key: string) =>
    path === '/applications' ? findApplication(entra, key) : findServicePrincipal(entra, key)

  for (const path of ['/applications', '/servicePrincipals']) {
    for (const relation of ['sponsors', 'owners'] as const) {
      app.get(
        `${path}/:key/${relation}`,
        { schema: { params: Key, querystring: Query } },
        async ({ caller, params, query }) => {
          const object = find(path, params.key)
          authorize(caller, object, relation, 'list')
          const users = object[relation].flatMap(id => entra.directory.user(id) ?? [])
          const shown = users.map(user => ({ '@odata.type': '#microsoft.graph.user', ...user }))
          return collection('directoryObjects', shown, query)
        },
      )
      app.post(
        `${path}/:key/${relation}/$ref`,
        { schema: { params: Key, body: Reference } },
        async ({ body, caller, params }, reply) => {
          const object = find(path, params.key)
          authorize(caller, object, relation, 'add')
          const address = body['@odata.id']
          const user = readUserId(entra, address) ?? notFound(address)
          if (object[relation].includes(user))
            throw badRequest(
              `One or more added object references already exist for the following modified properties: '${relation}'.`,
            )
          object[relation].push(user)
          return reply.code(204).send()
        },
      )
    }
  }
}

function authorize(
  caller: Caller,
  { kind }: Application | ServicePrincipal,
  relation: Relation,
  what: 'list' | 'add',
): void {
  const isAgent = kind === 'agentIdentity'
  if (!isAgent && kind !== 'agentIdentityBlueprint')
    throw new GraphError('BadRequest', `Resource not found for the segment '${relation}'.`)
  // As documented: no delegated permission reaches the sponsors of an agent.
  const isForUsers = !isAgent || relation === 'owners'
  const { [what]: permission } = (isAgent ? agentPermissions : blueprintPermissions)[relation]
  requireAgentPermission(caller, ...(caller.userId === undefined || isForUsers ? [permission] : []))
}
