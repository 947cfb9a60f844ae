import { weatherReadAllId } from './applications.ts'
import { agentKey, consenter, findListed, idOf, type Kind } from './tenant-object.ts'

/** What each agent may do as itself. */
export const appRoles: Kind = target =>
  target.settings.agents.map(name => {
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
  })
