import { Mistake } from '../set-up/mistake.ts'
import { describeMember, type Extras, findExtras } from './extras.ts'
import { agentUserAccess, listAgentUsers } from './objects/agent-users.ts'
import { listObjects } from './objects/kinds.ts'
import type { Invocation } from './options.ts'
import { NotYet } from './patience.ts'
import { removeObjects, withOwnDeletion } from './removal.ts'
import { inStep, type Run, requireReceipt, targetOf } from './run.ts'
import { replaceVariables } from './variables.ts'

/**
 * Deletes the objects that the receipt names, in the reverse of `apply`'s order, after printing them and what is deleted
 * along with them. Returns `false` if the user does not confirm.
 *
 * @param confirm asks the user, after everything is printed
 * @throws {Mistake} if agents of others would or may be deleted too, except with `--with-foreign-agents`
 */
export async function destroy(
  run: Run,
  { dryRun, withForeignAgents }: Invocation,
  confirm: () => Promise<boolean>,
): Promise<boolean> {
  const receipt = requireReceipt(run)
  const target = targetOf(run, receipt, () => requireReceipt(run).objects)
  const known = listObjects(target).filter(({ key }) => receipt.objects[key])
  const deleted = withOwnDeletion(known)
  for (const { key, title } of deleted)
    run.report({ result: 'delete', key, title, id: receipt.objects[key]?.id })
  for (const { key, title } of known.filter(one => !deleted.includes(one) && !one.comesAlong))
    run.report({ result: 'goes along', key, title, id: receipt.objects[key]?.id })
  const extras = await findExtras(run, target)
  const fault = printForeign(run, extras)
  if (dryRun) {
    if (fault) run.print(`\n${fault.message} ${fault.fix}`)
    run.print('\nNothing was deleted.')
    return true
  }
  if (fault && !withForeignAgents) throw fault
  const isUnseen =
    !receipt.objects['blueprint'] || extras.some(({ collection, members }) => collection.remove && !members)
  if (isUnseen) run.print(unseenUsersText)
  if (!(await confirm())) return false
  const foreign = extras.flatMap(({ collection, members }) => (collection.isNeededByOthers && members) || [])
  const agents = [...Object.values(receipt.objects), ...foreign].map(({ id }) => id)
  await removeExtras(run, extras)
  await removeObjects(run, known)
  if (!isUnseen) await checkUsersAreGone(run, agents)
  replaceVariables(run, receipt)
  run.receipt.delete()
  run.print(
    '\nAll that the receipt named is deleted. Entra keeps applications restorable, and counts them, 30 days.',
  )
  return true
}

/**
 * Prints the objects that would be deleted too although the receipt does not name them. Returns a `Mistake`, a reason to
 * stop, if others may need some of these objects.
 */
function printForeign(run: Run, extras: readonly Extras[]): Mistake | undefined {
  for (const { collection, members = [] } of extras)
    for (const one of members) {
      const result = collection.remove ? 'delete' : 'goes along'
      run.report({ result, title: `${describeMember(collection, one)} (extra)`, id: one['id'] })
    }
  const needed = extras.filter(({ collection }) => collection.isNeededByOthers)
  const foreign = needed.find(({ members }) => members)
  const isUnseen = needed.some(({ collection, members }) => !members && !collection.remove)
  if (!foreign && !isUnseen) return undefined
  return new Mistake(
    foreign
      ? `Deleting the blueprint deletes ${foreign.members?.length} of its ${foreign.collection.remove ? 'agents’ user accounts' : 'agents'} that the receipt does not know.`
      : 'Graph does not show whether the blueprint has agents that the receipt does not know.',
    'Take the blueprint away when nobody needs them any more, or along with them: --with-foreign-agents.',
  )
}

/** Deletes the extra members that Entra does not delete along with the object that they belong to. */
async function removeExtras(run: Run, extras: readonly Extras[]): Promise<void> {
  for (const { collection, members = [] } of extras)
    for (const one of members) {
      const request = collection.remove?.(one)
      if (!request) continue
      const step = { title: describeMember(collection, one), access: agentUserAccess }
      await inStep(run, step, () => run.graph.send(request))
      run.report({ result: 'deleted', title: step.title })
    }
}

/** Checks that user accounts are gone: Microsoft’s pages disagree on whether Entra deletes them with their agent. */
async function checkUsersAreGone(run: Run, agents: readonly unknown[]): Promise<void> {
  const step = { title: 'user accounts of the deleted agents', access: agentUserAccess }
  await inStep(run, step, async () => {
    const all = await listAgentUsers(run.graph, true)
    const remaining = all.find(({ identityParentId }) => agents.includes(identityParentId))
    if (remaining) throw new NotYet(`Entra still shows the user account ${remaining['userPrincipalName']}`)
  })
}

const unseenUsersText = `
User accounts of these agents: Graph does not show them to this caller. Look afterwards whether any is left (Entra admin center, Agent ID),
and delete it: Microsoft’s pages disagree on whether Entra deletes them along.`
