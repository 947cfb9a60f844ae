import type { Graph, Json } from '../graph.ts'
import { agentsWith } from '../settings.ts'
import { type AccessByMethod, adminRole } from './access.ts'
import { listAgents } from './agents.ts'
import { agentKey, agentUserKey, type Kind, type Target, type TenantObject } from './tenant-object.ts'

const agentUsersPath = '/users/microsoft.graph.agentUser'
const properties = ['id', 'displayName', 'userPrincipalName', 'accountEnabled', 'identityParentId']
export const agentUserPermission = 'AgentIdUser.ReadWrite.All'
export const agentUserAccess: AccessByMethod = {
  POST: {
    permission: agentUserPermission,
    greater: ['User.ReadWrite.All'],
    role: adminRole,
    advice:
      'Some tenants refuse this to every signed-in user, whatever the role: then take a token of an application that has the permission ' +
      '(--access-token-file).',
  },
}

/** The user accounts of agents that act as their own user account. Entra allows one for each agent. */
export const agentUsers: Kind = {
  wanted: target => agentsWith(target.settings, 'agent-user').map(name => agentUser(target, name)),
  collections: target => [
    {
      ownerKey: 'blueprint',
      title: 'user accounts of agents of the blueprint',
      isNeededByOthers: true,
      list: async graph => {
        const ids = (await listAgents(graph, target)).map(({ id }) => id)
        const all = await listAgentUsers(graph, true)
        return all.filter(({ identityParentId }) => ids.includes(identityParentId))
      },
      isWanted: one => target.settings.agents.some(name => target.isRecorded(agentUserKey(name), one)),
      describe: ({ userPrincipalName }) => `user account ${userPrincipalName}`,
      suffix: ' of an agent of the blueprint',
      remove: one => ({ method: 'DELETE', path: `/users/${one['id']}` }),
    },
  ],
}

/** All user accounts of agents in the tenant, with the properties that Graph shows only on request. */
export function listAgentUsers(graph: Graph, mayBeForbidden = false): Promise<readonly Json[]> {
  const reading = { version: 'v1.0 or beta', mayBeForbidden } as const
  return graph.listExisting(`${agentUsersPath}?$select=${properties.join(',')}`, reading)
}

function agentUser(target: Target, name: string): TenantObject {
  const key = agentUserKey(name)
  const agentId = () => target.idOf(agentKey(name))
  return {
    key,
    title: `user account of agent identity "${name}"`,
    access: agentUserAccess,
    needs: [agentKey(name)],
    isFoundByName: true,
    find: async graph => ({
      object: (await listAgentUsers(graph)).find(one => one['identityParentId'] === agentId()),
    }),
    address: () => `/users/${target.idOf(key)}`,
    create: () => ({
      method: 'POST',
      path: agentUsersPath,
      version: 'v1.0 or beta',
      body: {
        accountEnabled: true,
        displayName: name,
        ...userNameProperties(target, name),
        identityParentId: agentId(),
      },
    }),
    properties: () => ({ displayName: name, identityParentId: agentId() }),
    isOn: () => true,
  }
}

/** A user name that nobody else has, made of the agent's name and the set-up's id. */
function userNameProperties({ setUpId, settings }: Target, name: string): Json {
  const mailNickname = `${name.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 50)}-${setUpId.replaceAll(' ', '-')}`
  const domain = settings.agentUserDomain ?? '<verified domain>'
  return { mailNickname, userPrincipalName: `${mailNickname}@${domain}` }
}
