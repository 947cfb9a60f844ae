import { agentsWith } from '../settings.ts'
import { weatherReadAllId } from './applications.ts'
import {
  agentKey,
  type Collection,
  consenter,
  findListed,
  idOf,
  isRecorded,
  type Kind,
  principalsOf,
  type Target,
} from './tenant-object.ts'

/** The app roles of each agent: what it may do as itself. */
export const appRoles: Kind = {
  wanted: target =>
    agentsWith(target.settings, 'autonomous').map(name => {
      const key = `${agentKey(name)}/app-role`
      const resourceId = () => idOf(target, 'weather-api-principal')
      const principalId = () => idOf(target, agentKey(name))
      const path = () => `/servicePrincipals/${principalId()}/appRoleAssignments`
      return {
        key,
        title: `app role Weather.Read.All for "${name}", which then reads the weather as itself`,
        access: { POST: { permission: 'AppRoleAssignment.ReadWrite.All', role: consenter } },
        needs: [agentKey(name), 'weather-api-principal'],
        address: () => `${path()}/${idOf(target, key)}`,
        find: graph =>
          findListed(
            graph,
            path(),
            one => one['resourceId'] === resourceId() && one['appRoleId'] === weatherReadAllId,
          ),
        create: () => ({
          method: 'POST',
          path: path(),
          body: { principalId: principalId(), resourceId: resourceId(), appRoleId: weatherReadAllId },
        }),
      }
    }),
  collections: target => [
    ...principalsOf(target).map(({ key, title }) => assignments(target, key, title, 'appRoleAssignments')),
    assignments(target, 'weather-api-principal', 'principal of the API', 'appRoleAssignedTo'),
  ],
}

function assignments(
  target: Target,
  key: string,
  title: string,
  list: 'appRoleAssignments' | 'appRoleAssignedTo',
): Collection {
  const what = list === 'appRoleAssignments' ? 'app roles that' : 'who has app roles of'
  return {
    of: key,
    title: list === 'appRoleAssignments' ? `${what} ${title} has` : `${what} ${title}`,
    list: graph => graph.list(`/servicePrincipals/${idOf(target, key)}/${list}`, { mayBeForbidden: true }),
    isWanted: one =>
      target.settings.agents.some(name => isRecorded(target, `${agentKey(name)}/app-role`, one)),
    describe: ({ appRoleId, principalDisplayName, resourceDisplayName }) =>
      `app role ${appRoleId} of "${resourceDisplayName}" for "${principalDisplayName}"`,
  }
}
