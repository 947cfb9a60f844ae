import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { ApprovalCard } from './approval-card.tsx'
import type { PauseCardProps } from './card-frame.tsx'
import { ConsentCard } from './consent-card.tsx'
import { StepUpCard } from './step-up-card.tsx'
import { UnknownOutcomeCard } from './unknown-outcome-card.tsx'

const cards = { approval: ApprovalCard, 'step-up': StepUpCard, consent: ConsentCard } as const

/**
 * What a turn waits for, with the buttons to continue. The card stays until the user clicks a button or asks something else,
 * or its time is over.
 */
export function PauseCard({ pause, ...props }: PauseCardProps) {
  const wasSent = props.sent !== undefined && pause.kind !== 'consent'
  const Card = wasSent ? UnknownOutcomeCard : cards[pause.kind]
  const calls = pause.calls.map(call => ({ ...call, title: spellOutHidden(call.title) }))
  return <Card {...props} pause={{ ...pause, calls }} />
}
