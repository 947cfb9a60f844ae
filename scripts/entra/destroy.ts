import { GraphRefusal } from './graph.ts'
import { NotYet } from './patience.ts'
import { locate, type Resource } from './resource.ts'
import { inStep, type Run, resourcesOf } from './run.ts'
import { requireReceipt } from './status.ts'
import { line } from './text.ts'
import { forgetVariables } from './variables.ts'

export interface DestroyOptions {
  readonly isDryRun: boolean
  /** Whether it is really meant. */
  readonly confirm: () => Promise<boolean>
}

/** Deletes what the receipt names and nothing else, the last first; `false` when the user thinks better of it. */
export async function destroy(run: Run, { isDryRun, confirm }: DestroyOptions): Promise<boolean> {
  const receipt = requireReceipt(run)
  const known = resourcesOf(run, receipt).filter(({ key }) => receipt.objects[key])
  const deleted = known.filter(({ goesWith }) => goesWith === undefined).toReversed()
  for (const { key, title } of deleted) run.print(line('delete', title, receipt.objects[key]?.id))
  if (isDryRun) {
    run.print('\nNothing was deleted.')
    return true
  }
  run.print(
    '\nAgent users that were made for these agents have to be deleted before: Entra leaves them behind. This tool makes none.',
  )
  if (!(await confirm())) return false
  for (const resource of deleted) {
    const companions = known.filter(({ goesWith }) => goesWith === resource.key)
    await inStep(run, resource, () => remove(run, resource, companions))
    run.print(line('deleted', resource.title))
  }
  forgetVariables(run.envFile, receipt)
  run.receipt.delete()
  run.print(
    '\nAll that the receipt named is deleted. Entra keeps applications restorable, and counts them, for 30 days.',
  )
  return true
}

async function remove(run: Run, resource: Resource, companions: readonly Resource[]): Promise<void> {
  await deleteIfThere(run, resource)
  for (const gone of [resource, ...companions]) {
    const recorded = requireReceipt(run).objects[gone.key]
    if (!recorded) continue
    const { found } = await locate(run.graph, gone, recorded)
    if (found) throw new NotYet(`Entra still shows ${gone.title}`)
    run.receipt.forget(gone.key)
  }
}

async function deleteIfThere(run: Run, { key, addressOf }: Resource): Promise<void> {
  const recorded = requireReceipt(run).objects[key]
  if (!addressOf || !recorded) return
  try {
    await run.graph.send({ method: 'DELETE', path: addressOf(recorded.id) })
  } catch (error) {
    if (!(error instanceof GraphRefusal && error.status === 404)) throw error
  }
}
