import { setUpPermissions } from '@entra-bedrock-agent/identity-trace'
import { agents } from './agents.ts'
import { appRoles } from './app-roles.ts'
import { blueprint, page, weatherApi } from './applications.ts'
import { clientSecret } from './client-secret.ts'
import { consents } from './consents.ts'
import { federatedCredentials } from './federated-credentials.ts'
import { memberships } from './memberships.ts'
import { blueprintPrincipal, principals } from './principals.ts'
import type { Collection, Kind, Target, TenantObject } from './tenant-object.ts'
import { usersOfAgents, usersOfBlueprint } from './users.ts'

/** Everything there is to set up, in the order in which it can be made; deleted backwards. */
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
  appRoles,
  consents,
  memberships,
]

export function listObjects(target: Target): readonly TenantObject[] {
  return kinds.flatMap(({ wanted }) => wanted(target))
}

/** Everywhere that somebody could have added something. */
export function listCollections(target: Target): readonly Collection[] {
  return kinds.flatMap(({ collections }) => collections?.(target) ?? [])
}

/** Delegated permissions that all commands together need. */
export const permissions: readonly string[] = [...setUpPermissions, 'User.Read']
