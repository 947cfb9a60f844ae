import { type Run, requireReceipt } from './run.ts'
import { describeDifference, type Finding, survey } from './survey.ts'
import { line } from './text.ts'

/** Compares the tenant with the receipt, property by property; `true` when they agree. */
export async function status(run: Run): Promise<boolean> {
  const receipt = requireReceipt(run)
  const findings = await survey(run, receipt)
  for (const finding of findings) {
    const { wanted, object, fault, differences, switched } = finding
    run.print(line(wordFor(finding), wanted.title, object?.['id']))
    if (fault) run.print(`          ${fault.message} ${fault.fix}`)
    for (const difference of [...differences, ...switched])
      run.print(`          ${describeDifference(difference)}`)
  }
  for (const name of receipt.disabledAgents)
    run.print(
      `\nAgent "${name}" is switched off and gets no new token. Switch it on: npm run entra -- enable`,
    )
  const words = findings.map(wordFor)
  const faults = words.filter(word => word === 'missing' || word === 'differs').length
  const isAllShown = !words.includes('hidden')
  if (!isAllShown) run.print(hiddenSponsors)
  run.print(
    faults === 0
      ? `\n${isAllShown ? 'The tenant' : 'All else in the tenant'} is as the receipt says.`
      : `\n${faults} ${faults === 1 ? 'thing is' : 'things are'} not as the receipt says. npm run entra -- apply corrects it; whether an agent is switched on is left to enable and disable.`,
  )
  return faults === 0
}

function wordFor({ object, fault, isHidden, differences, switched }: Finding) {
  if (isHidden) return 'hidden'
  if (!object) return 'missing'
  return fault || differences.length + switched.length > 0 ? 'differs' : 'ok'
}

const hiddenSponsors = `
Graph shows the sponsors of agents to applications with the permission AgentIdentity.ReadWrite.All only, never to users.
To have them compared and restored: --access-token-file with a token of such an application.`
