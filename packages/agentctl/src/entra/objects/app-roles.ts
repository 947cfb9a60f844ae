import { hasAll } from '../differences.ts'
import type { Json } from '../graph.ts'
import { agentsWith, isUnattended, type Settings } from '../settings.ts'
import { consenterRole } from './access.ts'
import { alertsReadWriteAllId, weatherReadAllId } from './applications.ts'
import { agentKey, findListed, type Kind, type Target } from './tenant-object.ts'

interface Role {
  /** The end of its key in the receipt. */
  readonly key: string
  readonly id: string
  readonly value: string
  readonly does: string
  readonly isOf: (settings: Settings, agent: string) => boolean
}

/** What an agent may do as itself. */
// biome-ignore format: table
const roles: readonly Role[] = [
  { key: 'app-role', id: weatherReadAllId, value: 'Weather.Read.All', does: 'reads the weather', isOf: () => true },
  { key: 'alerts-role', id: alertsReadWriteAllId, value: 'Alerts.ReadWrite.All', does: 'keeps alerts', isOf: isUnattended },
]

const apiKey = 'weather-api-principal'

/** The app roles of each agent: what it may do as itself. */
export const appRoles: Kind = {
  wanted: target =>
    assignmentsOf(target).map(({ name, role, body }) => {
      const key = `${agentKey(name)}/${role.key}`
      const path = () => `/servicePrincipals/${target.idOf(agentKey(name))}/appRoleAssignments`
      return {
        key,
        title: `app role ${role.value} for "${name}", which then ${role.does} as itself`,
        access: { POST: { permission: 'AppRoleAssignment.ReadWrite.All', role: consenterRole } },
        needs: [agentKey(name), apiKey],
        address: () => `${path()}/${target.idOf(key)}`,
        find: graph => findListed(graph, path(), body()),
        create: () => ({ method: 'POST', path: path(), body: body() }),
      }
    }),
  collections: target => [
    {
      ownerKey: apiKey,
      title: 'who has app roles of principal of the API',
      list: graph =>
        graph.list(`/servicePrincipals/${target.idOf(apiKey)}/appRoleAssignedTo`, { mayBeForbidden: true }),
      isWanted: one => isWantedRole(target, one),
      describe: one => `${describeRole(one)} for "${one['principalDisplayName']}"`,
    },
  ],
}

/** What the set-up assigns to whom; `body` is the assignment at Graph. */
function assignmentsOf(target: Target) {
  const { settings } = target
  return agentsWith(settings, 'autonomous').flatMap(name =>
    roles
      .filter(role => role.isOf(settings, name))
      .map(role => ({
        name,
        role,
        body: () => ({
          principalId: target.idOf(agentKey(name)),
          resourceId: target.idOf(apiKey),
          appRoleId: role.id,
        }),
      })),
  )
}

/** Whether the set-up makes this assignment of an app role. Graph lists each one twice: under the agent and under the API. */
export function isWantedRole(target: Target, assignment: Json): boolean {
  return assignmentsOf(target).some(({ body }) => hasAll(body(), assignment))
}

export function describeRole({ appRoleName, appRoleId, resourceDisplayName }: Json): string {
  return `app role ${appRoleName ?? appRoleId} of "${resourceDisplayName}"`
}
