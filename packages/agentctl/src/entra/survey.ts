import { type Difference, findDifferences, findExtraEntries } from './differences.ts'
import type { Json } from './graph.ts'
import { listObjects } from './objects/kinds.ts'
import type { Found, TenantObject } from './objects/tenant-object.ts'
import type { Receipt } from './receipt.ts'
import { inStep, lookUp, type Run, targetOf, toRecord } from './run.ts'

/** A wanted object, and how it was found in the tenant. */
export interface Finding extends Found {
  readonly wanted: TenantObject
  /** What `apply` corrects. */
  readonly differences: readonly Difference[]
  /** What only `enable` and `disable` change. */
  readonly switched: readonly Difference[]
  /** Entries of the object's lists that nobody asked for. */
  readonly extraEntries: readonly string[]
}

/** Compares the tenant with what is wanted, and changes nothing. */
export async function survey(run: Run, receipt: Receipt): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const objects = { ...receipt.objects }
  const isThere = (key: string) => findings.some(({ wanted, object }) => object && wanted.key === key)
  for (const wanted of listObjects(targetOf(run, receipt, () => objects))) {
    const hasNeeds = wanted.needs.every(isThere)
    // Entra makes this object together with the object that it needs. If the needed object is missing, this one is not reported.
    if (wanted.comesAlong && !hasNeeds) continue
    const found = hasNeeds ? await inStep(run, wanted, () => lookUp(run, wanted, receipt)) : {}
    const { object } = found
    if (object) objects[wanted.key] = toRecord(object, run.clock.nowMs())
    findings.push({
      wanted,
      ...found,
      ...(object ? compareWithPlan(wanted, object) : { differences: [], extraEntries: [] }),
      switched: object && wanted.isOn ? findDifferences({ accountEnabled: wanted.isOn() }, object) : [],
    })
  }
  return findings
}

/** Compares the object's properties with those that it must have. */
export function compareWithPlan({ properties }: TenantObject, object: Json) {
  const wanted = properties?.() ?? {}
  return { differences: findDifferences(wanted, object), extraEntries: findExtraEntries(wanted, object) }
}
