import { type Difference, findDifferences } from './differences.ts'
import type { Json } from './graph.ts'
import type { Receipt } from './receipt.ts'
import { type Located, type Resource, toRecord } from './resource.ts'
import { inStep, look, type Run, resourcesOf } from './run.ts'

/** What the tenant has of one thing that is wanted. */
export interface Finding extends Located {
  readonly resource: Resource
  readonly differences: readonly Difference[]
}

/** Compares the tenant with what is wanted, and changes nothing. */
export async function survey(run: Run, receipt: Receipt): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  let known = receipt
  for (let index = 0; ; index++) {
    const resource = resourcesOf(run, known)[index]
    if (!resource) return findings
    const isThere = (key: string) => findings.some(({ resource, found }) => found && resource.key === key)
    const hasNeeds = resource.needs.every(isThere)
    // What it comes along with says it all.
    if (resource.comesAlong && !hasNeeds) continue
    const located = hasNeeds ? await inStep(run, resource, () => look(run, resource, known)) : {}
    const { found } = located
    if (found) {
      const objects = { ...known.objects, [resource.key]: toRecord(resource, found, run.clock.nowMs()) }
      known = { ...known, objects }
    }
    findings.push({ resource, ...located, differences: found ? compare(run, known, index, found) : [] })
  }
}

/** Only with its own id do all of a resource's wanted properties have values. */
function compare(run: Run, known: Receipt, index: number, found: Json): readonly Difference[] {
  const { desired, watched } = resourcesOf(run, known)[index] ?? { desired: {} }
  return findDifferences({ ...desired, ...watched }, found)
}

export function describeDifference({ property, found, wanted }: Difference): string {
  return `${property} is ${JSON.stringify(found) ?? 'not set'}, wanted ${JSON.stringify(wanted)}`
}
