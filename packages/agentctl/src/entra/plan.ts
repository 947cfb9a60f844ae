import { findUnwanted } from './apply.ts'
import { findMissingPermissions } from './look-ahead.ts'
import { withOwnDeletion } from './removal.ts'
import type { Run } from './run.ts'
import type { Settings } from './settings.ts'
import { type Finding, survey } from './survey.ts'

/** Prints what `apply` would make and correct; changes nothing. */
export async function plan(run: Run, settings: Settings): Promise<void> {
  const unwanted = findUnwanted(run, settings)
  for (const { key, title } of withOwnDeletion(unwanted))
    run.report({ result: 'delete', key, title, id: run.receipt.content?.objects[key]?.id })
  const receipt = run.receipt.begin(run.tenantId, settings)
  const counts = { create: 0, correct: 0, keep: 0, 'not evaluated': 0 }
  for (const finding of await survey(run, receipt)) {
    const { wanted, object, fault, differences } = finding
    if (fault) throw fault
    const what = wordFor(finding)
    counts[what]++
    run.report({ result: what, key: wanted.key, title: wanted.title, id: object?.['id'], differences })
  }
  const { create, correct, keep } = counts
  const deleted = unwanted.length > 0 ? `${unwanted.length} to delete, ` : ''
  run.print(`\n${deleted}${create} to create, ${correct} to correct, ${keep} to keep. Nothing was changed.`)
  const missing = create > 0 ? await findMissingPermissions(run, receipt) : undefined
  if (missing) run.print(`\n${missing.cause}\n${missing.fix}`)
  if (unwanted.length + create + correct > 0)
    run.print('Next: npx --no-install agentctl entra apply, with the same options.')
}

function wordFor({ object, isHidden, differences }: Finding) {
  if (isHidden) return 'not evaluated'
  if (!object) return 'create'
  return differences.length > 0 ? 'correct' : 'keep'
}
