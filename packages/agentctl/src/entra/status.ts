import { describeMember, type Extras, findExtras } from './extras.ts'
import { namesakesOf } from './objects/applications.ts'
import { reviewedHoldings } from './objects/holdings.ts'
import { listCollections } from './objects/kinds.ts'
import { type Run, requireReceipt, targetOf } from './run.ts'
import { type Finding, survey } from './survey.ts'

const notAsRecordedText = 'not as the receipt says. npx --no-install agentctl entra apply corrects that.'
const switchedText =
  'switched on or off by somebody, which apply leaves alone: npx --no-install agentctl entra enable or disable.'
const extraText = `there that nobody asked for. apply leaves that alone. Take away what is not meant (Entra admin center). What is meant:
--owner, --sponsor, --agent, --cluster-issuer with --service-account.`
const notEvaluatedText = `not evaluated, since Graph does not show everything to this caller: nobody knows whether all is as it should be.
Sponsors of agents are shown to applications with AgentIdentity.ReadWrite.All only, never to users, and directory roles to callers with
RoleManagement.Read.Directory, access packages and groups to join to those with the permissions of blast-radius: --access-token-file.`

/**
 * Compares the tenant with the receipt, property by property, and prints the differences and the additions that nobody asked
 * for. Returns `true` if there are none; what Graph does not show counts as no difference.
 */
export async function status(run: Run): Promise<boolean> {
  const receipt = requireReceipt(run)
  const findings = await survey(run, receipt)
  for (const finding of findings) printFinding(run, finding)
  const target = targetOf(run, receipt)
  const lists = [...listCollections(target), ...reviewedHoldings(target), namesakesOf(target)]
  const extras = await findExtras(run, target, lists)
  for (const one of extras) printExtras(run, one)
  for (const name of receipt.disabledAgents)
    run.print(
      `\nAgent "${name}" is switched off and gets no new token. Switch it on: npx --no-install agentctl entra enable`,
    )
  const words = findings.map(wordFor)
  const unread =
    words.filter(word => word === 'not evaluated').length + extras.filter(one => !one.members).length
  const added = [...findings.flatMap(one => one.extraEntries), ...extras.flatMap(one => one.members ?? [])]
  const counts: readonly (readonly [count: number, words: string])[] = [
    [unread, notEvaluatedText],
    [words.filter(word => word === 'missing' || word === 'differs').length, notAsRecordedText],
    [findings.filter(one => one.switched.length > 0).length, switchedText],
    [added.length, extraText],
  ]
  for (const [count, words] of counts)
    if (count > 0) run.print(`\n${count === 1 ? '1 thing is' : `${count} things are`} ${words}`)
  const isAsRecorded = counts.slice(1).every(([count]) => count === 0)
  if (isAsRecorded) run.print(`\n${unread > 0 ? 'What was evaluated' : 'The tenant'} is as the receipt says.`)
  return isAsRecorded
}

function printExtras(run: Run, { collection, members }: Extras): void {
  if (!members) run.report({ result: 'not evaluated', title: collection.title })
  for (const one of members ?? [])
    run.report({ result: 'extra', title: describeMember(collection, one), id: one['id'] ?? one['keyId'] })
}

function printFinding(run: Run, finding: Finding): void {
  const { wanted, object, fault, differences, switched, extraEntries } = finding
  const { key, title } = wanted
  const about = { result: wordFor(finding), key, title, id: object?.['id'] } as const
  const note = fault ? { note: `${fault.message} ${fault.fix}` } : {}
  run.report({ ...about, differences: [...differences, ...switched], ...note })
  for (const entry of extraEntries) run.report({ result: 'extra', title: `${entry} of ${title}` })
}

function wordFor({ object, fault, isHidden, differences, switched }: Finding) {
  if (isHidden) return 'not evaluated'
  if (!object) return 'missing'
  if (fault || differences.length > 0) return 'differs'
  return switched.length > 0 ? 'switched' : 'ok'
}
