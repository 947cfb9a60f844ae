import type { Json } from '../graph.ts'
import { agentsWith, isUnattended, type Settings } from '../settings.ts'
import { alertsReadWriteAllId, weatherReadAllId } from './applications.ts'
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
      const resourceId = () => idOf(target, 'weather-api-principal')
      const principalId = () => idOf(target, agentKey(name))
      const path = () => `/servicePrincipals/${principalId()}/appRoleAssignments`
      return {
        key,
        title: role.title(name),
        access: { POST: { permission: 'AppRoleAssignment.ReadWrite.All', role: consenter } },
        needs: [agentKey(name), 'weather-api-principal'],
        address: () => `${path()}/${idOf(target, key)}`,
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
    ...principalsOf(target).map(({ key, title }) => assignments(target, key, title, 'appRoleAssignments')),
    assignments(target, 'weather-api-principal', 'principal of the API', 'appRoleAssignedTo'),
  ],
}

function rolesOf({ settings }: Target): readonly (readonly [agent: string, role: Role])[] {
  return agentsWith(settings, 'autonomous').flatMap(name =>
    roles.filter(role => role.isOf(settings, name)).map(role => [name, role] as const),
  )
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
      rolesOf(target).some(([name, role]) => isRecorded(target, `${agentKey(name)}/${role.key}`, one)),
    describe: one =>
      isOwn ? describeRole(one) : `${describeRole(one)} for "${one['principalDisplayName']}"`,
    ...(isOwn ? { whose: ` for ${title}` } : {}),
  }
}

export function describeRole({ appRoleName, appRoleId, resourceDisplayName }: Json): string {
  return `app role ${appRoleName ?? appRoleId} of "${resourceDisplayName}"`
}
