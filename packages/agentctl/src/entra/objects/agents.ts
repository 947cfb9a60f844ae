import type { Graph, Json } from '../graph.ts'
import { type AccessByMethod, adminRole, developerRole } from './access.ts'
import {
  agentKey,
  bindUsers,
  type Kind,
  quoteForFilter,
  readRecorded,
  type Target,
  type TenantObject,
} from './tenant-object.ts'

export const agentsPath = '/servicePrincipals/microsoft.graph.agentIdentity'
const access: AccessByMethod = {
  GET: { permission: 'AgentIdentity.Read.All', role: developerRole },
  POST: { permission: 'AgentIdentity.Create.All', role: developerRole },
  PATCH: { permission: 'AgentIdentity.EnableDisable.All', role: adminRole },
  DELETE: { permission: 'AgentIdentity.DeleteRestore.All', role: adminRole },
}

/** The agent identities, one for each agent name in the settings. */
export const agents: Kind = {
  wanted: target =>
    target.settings.agents.map(name => {
      const key = agentKey(name)
      const blueprintId = () => target.appIdOf('blueprint')
      const properties = () => ({ displayName: name, agentIdentityBlueprintId: blueprintId() })
      const object: TenantObject = {
        key,
        title: `agent identity "${name}"`,
        access,
        needs: ['blueprint', 'blueprint-principal'],
        isFoundByName: true,
        address: () => `/servicePrincipals/${target.idOf(key)}/microsoft.graph.agentIdentity`,
        create: () => ({ method: 'POST', path: agentsPath, body: { ...properties(), ...bindUsers(target) } }),
        properties,
        // `status` reports an agent that somebody else switched off; `apply` never switches an agent on.
        isOn: () => !target.disabledAgents.includes(name),
        find: async graph => {
          const known = await readRecorded(graph, target, object)
          if (known) return { object: known }
          const named = await graph.list(`${agentsPath}?$filter=displayName eq '${quoteForFilter(name)}'`)
          return { object: named.find(one => one['agentIdentityBlueprintId'] === blueprintId()) }
        },
      }
      return object
    }),
  collections: target => [
    {
      ownerKey: 'blueprint',
      title: 'agent identities of the blueprint',
      isNeededByOthers: true,
      list: graph => listAgents(graph, target),
      isWanted: one => target.settings.agents.some(name => target.isRecorded(agentKey(name), one)),
      describe: ({ displayName }) => `agent identity "${displayName}"`,
      suffix: ' of the blueprint',
    },
  ],
}

/** The agent identities of the blueprint, whoever made them. */
export async function listAgents(graph: Graph, target: Target): Promise<readonly Json[]> {
  const all = await graph.list(agentsPath, { mayBeForbidden: true })
  return all.filter(one => one['agentIdentityBlueprintId'] === target.appIdOf('blueprint'))
}
