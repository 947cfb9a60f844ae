import { refuseNamesake } from './resource.ts'
import type { Run } from './run.ts'
import type { Settings } from './settings.ts'
import { describeDifference, survey } from './survey.ts'
import { line } from './text.ts'

/** Tells what `apply` would make and correct; does nothing. */
export async function plan(run: Run, settings: Settings): Promise<void> {
  const receipt = run.receipt.begin(run.tenantId, settings)
  const findings = await survey(run, receipt)
  const counts = { create: 0, correct: 0, keep: 0 }
  for (const finding of findings) {
    refuseNamesake(finding.resource, finding, run.receipt.path)
    const { resource, found } = finding
    const watched = Object.keys(resource.watched ?? {})
    const differences = finding.differences.filter(({ property }) => !watched.includes(property))
    const what = !found ? 'create' : differences.length > 0 ? 'correct' : 'keep'
    counts[what]++
    run.print(line(what, resource.title, found?.['id'] ?? 'new'))
    for (const difference of differences) run.print(`          ${describeDifference(difference)}`)
  }
  const { create, correct, keep } = counts
  run.print(`\n${create} to create, ${correct} to correct, ${keep} to keep. Nothing was changed.`)
  if (create + correct > 0) run.print('Next: npm run entra -- apply, with the same options.')
}
