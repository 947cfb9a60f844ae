import { refuseNamesake } from './resource.ts'
import type { Run } from './run.ts'
import type { Settings } from './settings.ts'
import { describeDifference, type Finding, survey } from './survey.ts'
import { line } from './text.ts'

/** Tells what `apply` would make and correct; does nothing. */
export async function plan(run: Run, settings: Settings): Promise<void> {
  const receipt = run.receipt.begin(run.tenantId, settings)
  const findings = await survey(run, receipt)
  const counts = { create: 0, correct: 0, keep: 0, hidden: 0 }
  for (const finding of findings) {
    refuseNamesake(finding.resource, finding, run.receipt.path)
    const { resource, found } = finding
    const differences = correctable(finding)
    const what = wordFor(finding)
    counts[what]++
    run.print(line(what, resource.title, what === 'create' ? 'new' : found?.['id']))
    for (const difference of differences) run.print(`          ${describeDifference(difference)}`)
  }
  const { create, correct, keep } = counts
  run.print(`\n${create} to create, ${correct} to correct, ${keep} to keep. Nothing was changed.`)
  if (create + correct > 0) run.print('Next: npm run entra -- apply, with the same options.')
}

function wordFor(finding: Finding) {
  if (finding.isHidden) return 'hidden'
  if (!finding.found) return 'create'
  return correctable(finding).length > 0 ? 'correct' : 'keep'
}

function correctable({ resource: { watched = {} }, differences }: Finding) {
  return differences.filter(({ property }) => !(property in watched))
}
