import type { Resource } from '../directory/directory.ts'
import { roleDefinitions, stableId } from '../directory/microsoft.ts'
import type { DirectoryContent, Group } from '../directory/objects.ts'

export type Fault = (sentence: string) => void

/** Gives ids, and sees to it that no two things have the same. */
export function idsOf(tenant: string, fault: Fault) {
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
export class Names<Thing> extends Map<string, Thing> {
  readonly #tell: (wrong: string) => void

  constructor(kind: string, fault: Fault) {
    super()
    this.#tell = wrong => fault(`${wrong}, which is no ${kind}; there ${list([...this.keys()], 'is')}`)
  }

  /** @param sentence what the file says, such as `user "ada" is in`; a wrong name ends it, and the right ones follow */
  find(name: string, sentence: string): Thing | undefined {
    if (!this.has(name)) this.#tell(`${sentence} ${quote(name)}`)
    return this.get(name)
  }
}

const longestList = 20

/** Names after a verb, in words. */
export function list(names: readonly string[], verb: string): string {
  const more = names.length - longestList
  const shown = names.slice(0, longestList).join(', ') || 'none'
  return `${verb} ${shown}${more > 0 ? ` and ${more} more` : ''}`
}

/** A text from the file, in quotation marks. */
export function quote(text: string): string {
  return JSON.stringify(text)
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
  const users = new Names<string>('user', fault)
  const groups = new Names<Group>('group', fault)
  const apis = new Names<Resource>('API', fault)
  return { domain, folder, fault, ids: idsOf(tenant, fault), users, groups, apis, content }
}
