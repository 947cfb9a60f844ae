import type { TurnFacts } from './turn-facts.ts'

const legend =
  'between sidecar and Entra ID: not seen by the agent. The sidecar may also answer from its cache.'

/** What stands below a formula about what nobody here saw, or what has not happened. */
export function legendOf({ asked }: TurnFacts): string {
  if (!asked || asked.kind === 'step-up') return legend
  if (!asked.isOpen) return 'did not happen'
  return `happens only if you ${asked.kind === 'consent' ? 'consent' : 'approve'}`
}
