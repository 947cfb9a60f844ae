import { Mistake } from '../set-up/mistake.ts'
import { readVariables } from './env-file.ts'
import { type Extras, findExtras } from './extras.ts'
import { listObjects } from './objects/kinds.ts'
import { deletedByItself, remove } from './removal.ts'
import { type Run, requireReceipt, targetOf } from './run.ts'
import { line } from './text.ts'
import { replaceVariables, variablesOf } from './variables.ts'

export interface DestroyOptions {
  readonly isDryRun: boolean
  readonly withForeignAgents: boolean
  /** Whether it is really meant. */
  readonly confirm: () => Promise<boolean>
}

/**
 * Deletes what the receipt names, the last first; `false` when the user thinks better of it. What Entra deletes along is told
 * before.
 *
 * @throws {Mistake} when agents of others would go, or may go, unless that is meant.
 */
export async function destroy(run: Run, options: DestroyOptions): Promise<boolean> {
  const receipt = requireReceipt(run)
  const target = targetOf(run, receipt, () => requireReceipt(run).objects)
  const known = listObjects(target).filter(({ key }) => receipt.objects[key])
  const deleted = deletedByItself(known)
  for (const { key, title } of deleted) run.print(line('delete', title, receipt.objects[key]?.id))
  for (const one of known.filter(one => !deleted.includes(one) && !one.comesAlong))
    run.print(line('goes along', one.title, receipt.objects[one.key]?.id))
  const fault = printForeign(run, await findExtras(run, target))
  if (options.isDryRun) {
    if (fault) run.print(`\n${fault.message} ${fault.fix}`)
    run.print('\nNothing was deleted.')
    return true
  }
  if (fault && !options.withForeignAgents) throw fault
  run.print(agentUsers)
  if (!(await options.confirm())) return false
  await remove(run, known)
  const { BLUEPRINT_APP_ID } = readVariables(run.envFile)
  const isSecretOurs = BLUEPRINT_APP_ID === receipt.objects['blueprint']?.appId
  replaceVariables(run.envFile, variablesOf(receipt), undefined, isSecretOurs)
  run.receipt.delete()
  run.print(
    '\nAll that the receipt named is deleted. Entra keeps applications restorable, and counts them, for 30 days.',
  )
  return true
}

/** Tells what goes along though the receipt does not name it; the reason to stop, if agents of others are among it. */
function printForeign(run: Run, extras: readonly Extras[]): Mistake | undefined {
  for (const { collection, members = [] } of extras)
    for (const one of members) run.print(line('goes along', `${collection.describe(one)} (extra)`, one['id']))
  const agents = extras.find(({ collection }) => collection.isNeededByOthers)
  if (!agents) return undefined
  const fix =
    'Take the blueprint away when nobody needs them any more, or along with them: --with-foreign-agents.'
  return agents.members
    ? new Mistake(
        `Deleting the blueprint deletes ${agents.members.length} of its agents that the receipt does not know.`,
        fix,
      )
    : new Mistake('Graph does not show whether the blueprint has agents that the receipt does not know.', fix)
}

const agentUsers = `
Agent users that were made for these agents: delete them before. Microsoft’s pages disagree on whether Entra deletes them along, so
look afterwards as well (Entra admin center, Agent ID). This tool makes none.`
