import type { PauseKind } from '@entra-bedrock-agent/identity-trace'
import type { TurnFacts } from './turn-facts.ts'

const legend =
  'between sidecar and Entra ID: not seen by the agent. The sidecar may also answer from its cache.'

/** What the user does so that the exchange happens; `undefined` where it has happened already. */
const conditions: Readonly<Record<PauseKind, string | undefined>> = {
  approval: 'approve',
  'step-up': undefined,
  consent: 'consent',
}

/** The note below a formula: on hops that nobody here saw, or that have not happened. */
export function legendOf({ asked }: TurnFacts): string {
  const condition = asked && conditions[asked.kind]
  if (condition === undefined) return legend
  return asked?.isOpen ? `happens only if you ${condition}` : 'did not happen'
}
