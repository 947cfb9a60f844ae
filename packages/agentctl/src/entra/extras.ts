import { type Json, readIfShown } from './graph.ts'
import { listCollections } from './objects/kinds.ts'
import type { Collection, Target } from './objects/tenant-object.ts'
import { inStep, type Run } from './run.ts'

/** Members of a list in the tenant that nobody asked for, such as a second client secret of the blueprint. */
export interface Extras {
  readonly collection: Collection
  /** Absent if Graph does not show the list to this caller. */
  readonly members?: readonly Json[]
}

/** Finds what was added to the lists of recorded objects, by default to those that go along with these; changes nothing. */
export async function findExtras(
  run: Run,
  target: Target,
  collections = listCollections(target),
): Promise<readonly Extras[]> {
  const found: Extras[] = []
  for (const collection of collections) {
    const members = target.recorded(collection.ownerKey) ? await readMembers(run, collection) : []
    if (!members) found.push({ collection })
    else if (!members.every(one => collection.isWanted(one)))
      found.push({ collection, members: members.filter(one => !collection.isWanted(one)) })
  }
  return found
}

/** All members of a list in the tenant; `undefined` if Graph does not show the list to this caller. */
export function readMembers(run: Run, collection: Collection): Promise<readonly Json[] | undefined> {
  return inStep(run, { title: collection.title }, () => readIfShown(() => collection.list(run.graph)))
}

/** A member of a list in words, with the object that it belongs to: `certificate "ci" until 2027-01-31, of blueprint "agents"`. */
export function describeMember({ describe, suffix = '' }: Collection, member: Json): string {
  return `${describe(member)}${suffix}`
}
