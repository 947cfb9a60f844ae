import type { Json } from '../graph.ts'
import { agentsWith, isUnattended, type Settings } from '../settings.ts'
import { consenterRole } from './access.ts'
import { alertsReadWriteAllId, weatherReadAllId } from './applications.ts'
import { agentKey, findListed, type Kind, type Target } from './tenant-object.ts'

/** What an agent may do as itself. */
interface Role {
  /** The end of its key in the receipt. */
  readonly key: string
  readonly id: string
  readonly title: (agent: string) => string
  readonly isOf: (settings: Settings, agent: string) => boolean
}

const roles: readonly Role[] = [
  {
    key: 'app-role',
    id: weatherReadAllId,
    title: agent => `app role Weather.Read.All for "${agent}", which then reads the weather as itself`,
    isOf: () => true,
  },
  {
    key: 'alerts-role',
    id: alertsReadWriteAllId,
    title: agent => `app role Alerts.ReadWrite.All for "${agent}", which then keeps alerts as itself`,
    isOf: isUnattended,
  },
]

/** The app roles of each agent: what it may do as itself. */
export const appRoles: Kind = {
  wanted: target =>
    rolesOf(target).map(([name, role]) => {
      const key = `${agentKey(name)}/${role.key}`
      const resourceId = () => target.idOf('weather-api-principal')
      const principalId = () => target.idOf(agentKey(name))
      const path = () => `/servicePrincipals/${principalId()}/appRoleAssignments`
      return {
        key,
        title: role.title(name),
        access: { POST: { permission: 'AppRoleAssignment.ReadWrite.All', role: consenterRole } },
        needs: [agentKey(name), 'weather-api-principal'],
        address: () => `${path()}/${target.idOf(key)}`,
        find: graph =>
          findListed(
            graph,
            path(),
            one => one['resourceId'] === resourceId() && one['appRoleId'] === role.id,
          ),
        create: () => ({
          method: 'POST',
          path: path(),
          body: { principalId: principalId(), resourceId: resourceId(), appRoleId: role.id },
        }),
      }
    }),
  collections: target => [
    {
      ownerKey: 'weather-api-principal',
      title: 'who has app roles of principal of the API',
      list: graph =>
        graph.list(`/servicePrincipals/${target.idOf('weather-api-principal')}/appRoleAssignedTo`, {
          mayBeForbidden: true,
        }),
      isWanted: one => isWantedRole(target, one),
      describe: one => `${describeRole(one)} for "${one['principalDisplayName']}"`,
    },
  ],
}

function rolesOf({ settings }: Target): readonly (readonly [agent: string, role: Role])[] {
  return agentsWith(settings, 'autonomous').flatMap(name =>
    roles.filter(role => role.isOf(settings, name)).map(role => [name, role] as const),
  )
}

/** Whether the set-up makes this assignment of an app role. Graph lists each one twice: under the agent and under the API. */
export function isWantedRole(target: Target, { principalId, resourceId, appRoleId }: Json): boolean {
  return rolesOf(target).some(
    ([name, { id }]) =>
      appRoleId === id &&
      principalId === target.idOf(agentKey(name)) &&
      resourceId === target.idOf('weather-api-principal'),
  )
}

export function describeRole({ appRoleName, appRoleId, resourceDisplayName }: Json): string {
  return `app role ${appRoleName ?? appRoleId} of "${resourceDisplayName}"`
}
