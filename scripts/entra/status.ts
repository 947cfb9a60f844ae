import { Mistake } from '../set-up/mistake.ts'
import type { Receipt } from './receipt.ts'
import type { Run } from './run.ts'
import { describeDifference, survey } from './survey.ts'
import { line } from './text.ts'

/** Compares the tenant with the receipt, property by property; `true` when they agree. */
export async function status(run: Run): Promise<boolean> {
  const receipt = requireReceipt(run)
  let faults = 0
  for (const { resource, found, differences } of await survey(run, receipt)) {
    if (!found || differences.length > 0) faults++
    run.print(
      line(!found ? 'missing' : differences.length > 0 ? 'differs' : 'ok', resource.title, found?.['id']),
    )
    for (const difference of differences) run.print(`          ${describeDifference(difference)}`)
  }
  for (const name of receipt.disabledAgents)
    run.print(
      `\nAgent "${name}" is switched off and gets no new token. Switch it on: npm run entra -- enable`,
    )
  run.print(
    faults === 0
      ? '\nThe tenant is as the receipt says.'
      : `\n${faults} ${faults === 1 ? 'thing is' : 'things are'} not as the receipt says. npm run entra -- apply corrects it; whether an agent is switched on is left to enable and disable.`,
  )
  return faults === 0
}

/** @throws {Mistake} when there is no receipt. */
export function requireReceipt({ receipt }: Run): Receipt {
  if (receipt.content) return receipt.content
  throw new Mistake(
    `There is no receipt ${receipt.path}: nothing was set up from here.`,
    'Set up with npm run entra -- apply, or name the receipt with --receipt.',
  )
}
