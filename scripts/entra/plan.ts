import type { Run } from './run.ts'
import type { Settings } from './settings.ts'
import { describeDifference, type Finding, survey } from './survey.ts'
import { line } from './text.ts'

/** Tells what `apply` would make and correct; does nothing. */
export async function plan(run: Run, settings: Settings): Promise<void> {
  const receipt = run.receipt.begin(run.tenantId, settings)
  const counts = { create: 0, correct: 0, keep: 0, hidden: 0 }
  for (const finding of await survey(run, receipt)) {
    const { wanted, object, fault, differences } = finding
    if (fault) throw fault
    const what = wordFor(finding)
    counts[what]++
    run.print(line(what, wanted.title, what === 'create' ? 'new' : object?.['id']))
    for (const difference of differences) run.print(`          ${describeDifference(difference)}`)
  }
  const { create, correct, keep } = counts
  run.print(`\n${create} to create, ${correct} to correct, ${keep} to keep. Nothing was changed.`)
  if (create + correct > 0) run.print('Next: npm run entra -- apply, with the same options.')
}

function wordFor({ object, isHidden, differences }: Finding) {
  if (isHidden) return 'hidden'
  if (!object) return 'create'
  return differences.length > 0 ? 'correct' : 'keep'
}
