import { GraphRefusal } from './graph.ts'
import { listObjects } from './objects/kinds.ts'
import type { TenantObject } from './objects/tenant-object.ts'
import { NotYet } from './patience.ts'
import { inStep, type Run, requireReceipt, targetOf } from './run.ts'
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
  const target = targetOf(run, receipt, () => requireReceipt(run).objects)
  const known = listObjects(target).filter(({ key }) => receipt.objects[key])
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
  for (const object of deleted) {
    const companions = known.filter(({ goesWith }) => goesWith === object.key)
    await inStep(run, object, () => remove(run, object, companions))
    run.print(line('deleted', object.title))
  }
  forgetVariables(run.envFile, receipt)
  run.receipt.delete()
  run.print(
    '\nAll that the receipt named is deleted. Entra keeps applications restorable, and counts them, for 30 days.',
  )
  return true
}

async function remove(run: Run, object: TenantObject, companions: readonly TenantObject[]): Promise<void> {
  await deleteIfThere(run, object)
  for (const gone of [object, ...companions]) {
    if (!requireReceipt(run).objects[gone.key]) continue
    if ((await gone.find(run.graph)).object) throw new NotYet(`Entra still shows ${gone.title}`)
    run.receipt.forget(gone.key)
  }
}

async function deleteIfThere(run: Run, { key, address }: TenantObject): Promise<void> {
  if (!address || !requireReceipt(run).objects[key]) return
  try {
    await run.graph.send({ method: 'DELETE', path: address() })
  } catch (error) {
    if (!(error instanceof GraphRefusal && error.status === 404)) throw error
  }
}
