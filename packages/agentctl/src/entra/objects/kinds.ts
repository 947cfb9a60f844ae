import { setUpPermissions } from '@entra-agents/trace'
import type { Settings } from '../settings.ts'
import { agentUserPermission, agentUsers } from './agent-users.ts'
import { agents } from './agents.ts'
import { appRoles } from './app-roles.ts'
import { blueprint, page, weatherApi } from './applications.ts'
import { clientSecret } from './client-secret.ts'
import { consents } from './consents.ts'
import { federatedCredentials } from './federated-credentials.ts'
import { holdings } from './holdings.ts'
import { blueprintPrincipal, principals } from './principals.ts'
import type { Collection, Kind, Target, TenantObject } from './tenant-object.ts'
import { usersOfAgents, usersOfBlueprint } from './users.ts'

/** All kinds of objects to set up, in the order in which they can be made; they are deleted in reverse order. */
const kinds: readonly Kind[] = [
  blueprint,
  usersOfBlueprint,
  blueprintPrincipal,
  clientSecret,
  federatedCredentials,
  page,
  weatherApi,
  principals,
  agents,
  usersOfAgents,
  agentUsers,
  appRoles,
  consents,
  holdings,
]

export function listObjects(target: Target): readonly TenantObject[] {
  return kinds.flatMap(({ wanted }) => wanted(target))
}

/** All lists in the tenant that may have more members than the set-up wants. */
export function listCollections(target: Target): readonly Collection[] {
  return kinds.flatMap(({ collections }) => collections?.(target) ?? [])
}

/** All delegated permissions that any command may need. */
export const permissions: readonly string[] = [...setUpPermissions, 'User.Read']

/** The delegated permissions that these settings need together. Without the flow agent-user they need none for user accounts. */
export function permissionsFor(...all: readonly (Partial<Settings> | undefined)[]): readonly string[] {
  const hasAgentUsers = all.some(one =>
    Object.values(one?.agentFlows ?? {})
      .flat()
      .includes('agent-user'),
  )
  return permissions.filter(one => hasAgentUsers || one !== agentUserPermission)
}
