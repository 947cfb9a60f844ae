import type { Resource } from '../directory/directory.ts'
import { roleDefinitions } from '../directory/microsoft.ts'
import type { DirectoryContent, Group } from '../directory/objects.ts'
import { type Fault, idsOf, Names } from './names.ts'

/** The tenant that is being made, and what its makers need. */
export type TenantDraft = ReturnType<typeof startDraft>

/** @param folder the folder of the seed file, in which the files are that it names */
export function startDraft(tenant: string, domain: string, folder: string | null, fault: Fault) {
  const content: DirectoryContent = {
    ...{ applications: [], servicePrincipals: [], users: [], groups: [] },
    ...{ roleDefinitions: [...roleDefinitions], roleAssignments: [], roleEligibilities: [] },
    ...{ appRoleAssignments: [], permissionGrants: [] },
    ...{ groupEligibilities: [], accessPackageAssignments: [], conditionalAccessPolicies: [] },
  }
  const users = new Names<string>('user', fault)
  const groups = new Names<Group>('group', fault)
  const apis = new Names<Resource>('API', fault)
  return { domain, folder, fault, ids: idsOf(tenant, fault), users, groups, apis, content }
}
