import type { Resource } from '../directory/directory.ts'
import { roleDefinitions, stableId } from '../directory/microsoft.ts'
import type { DirectoryContent, Group } from '../directory/objects.ts'
import { type Fault, list, quote } from '../errors/shape.ts'

/** Gives ids, and sees to it that no two things have the same. */
function idsOf(tenant: string, fault: Fault) {
  const owners = new Map<string, string>()
  /** Reserves an id, or another value that only one thing may have. */
  const claim = (value: string, thing: string): void => {
    const owner = owners.get(value)
    if (owner === undefined) owners.set(value, thing)
    else fault(owner === thing ? `${thing} is there twice` : `${thing} has ${value}, which ${owner} has too`)
  }
  /** The id that the file sets, or one that is derived from the names of the tenant and of the thing, such as `app "orders"`. */
  const idOf = (thing: string, set?: string): string => {
    const id = set?.toLowerCase() ?? stableId(`${tenant} ${thing}`)
    claim(id, thing)
    return id
  }
  return { claim, of: idOf }
}

/** The things of a kind by their names. */
function namesOf<Thing>(kind: string, fault: Fault) {
  const names = new Map<string, Thing>()
  /** @param sentence what the file says, such as `user "ada" is in`; a wrong name ends it, and the right ones follow */
  const find = (name: string, sentence: string) => {
    const wrong = `${sentence} ${quote(name)}, which is no ${kind}`
    if (!names.has(name)) fault(`${wrong}; there ${list([...names.keys()], 'is')}`)
    return names.get(name)
  }
  return Object.assign(names, { find })
}

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
  const users = namesOf<string>('user', fault)
  const groups = namesOf<Group>('group', fault)
  const apis = namesOf<Resource>('API', fault)
  return { domain, folder, fault, ids: idsOf(tenant, fault), users, groups, apis, content }
}
