import type { Json } from '../graph.ts'
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
  const isOwn = list === 'appRoleAssignments'
  return {
    of: key,
    title: isOwn ? `app roles that ${title} has` : `who has app roles of ${title}`,
    list: graph => graph.list(`/servicePrincipals/${idOf(target, key)}/${list}`, { mayBeForbidden: true }),
    isWanted: one =>
      target.settings.agents.some(name => isRecorded(target, `${agentKey(name)}/app-role`, one)),
    describe: one =>
      isOwn ? describeRole(one) : `${describeRole(one)} for "${one['principalDisplayName']}"`,
    ...(isOwn ? { whose: ` for ${title}` } : {}),
  }
}

export function describeRole({ appRoleName, appRoleId, resourceDisplayName }: Json): string {
  return `app role ${appRoleName ?? appRoleId} of "${resourceDisplayName}"`
}
