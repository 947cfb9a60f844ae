import { readVariables } from './env-file.ts'
import type { Graph } from './graph.ts'
import { NotYet, type Patience, patiently } from './patience.ts'
import type { Receipt, ReceiptFile } from './receipt.ts'
import { explain } from './refusals.ts'
import { type AccessByMethod, type Located, locate, type Resource } from './resource.ts'
import { listResources } from './resources.ts'

/** What every command works with. */
export interface Run extends Patience {
  readonly graph: Graph
  readonly tenantId: string
  readonly receipt: ReceiptFile
  readonly envFile: string
  /** Prints a line of the result. */
  readonly print: (line: string) => void
}

/** How long Entra may take to show a new object, in seconds. */
const newForSeconds = 120

/** What is wanted, with the ids that the receipt knows. */
export function resourcesOf({ graph, clock, envFile }: Run, receipt: Receipt): readonly Resource[] {
  return listResources({
    ...receipt,
    userAddress: id => graph.userAddress(id),
    nowMs: clock.nowMs(),
    hasSecret: () => Boolean(readVariables(envFile)['BLUEPRINT_CLIENT_SECRET']),
  })
}

/**
 * Looks for an object in the tenant.
 *
 * @throws {NotYet} when it was made, or may have been made, so short a time ago that Entra may just not show it yet.
 */
export async function look({ graph, clock }: Run, resource: Resource, receipt: Receipt): Promise<Located> {
  const recorded = receipt.objects[resource.key]
  const located = await locate(graph, resource, recorded)
  const asked = receipt.creating?.key === resource.key ? receipt.creating.askedAt : undefined
  const since = Date.parse(recorded?.recordedAt ?? asked ?? '')
  const isNew = clock.nowMs() - since < newForSeconds * 1_000
  if (!located.found && !located.isHidden && isNew && !resource.isLost?.())
    throw new NotYet('Entra does not show it yet')
  return located
}

/** Does one step patiently; what still goes wrong then is told with the step's name, the cause and the fix. */
export async function inStep<Result>(
  run: Patience,
  step: { readonly title: string; readonly access: AccessByMethod },
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await patiently(run, step.title, act)
  } catch (error) {
    throw explain(error, step)
  }
}
