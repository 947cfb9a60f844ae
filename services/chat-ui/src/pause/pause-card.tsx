import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import { ApprovalCard } from './approval-card.tsx'
import { CallInWords } from './asked-call.tsx'
import { CardFrame, type PauseCardProps } from './card-frame.tsx'
import { ConsentCard } from './consent-card.tsx'
import { StepUpCard } from './step-up-card.tsx'

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

/** Says that the outcome of a decision is unknown. Only the same decision can be sent again: the calls may have been made. */
function UnknownOutcomeCard(card: PauseCardProps) {
  const { pause, sent = [], onDecide } = card
  const decisions = new Map(sent.map(({ callId, decision }) => [callId, decision]))
  const sendAgain = () => onDecide(({ callId }) => decisions.get(callId) ?? 'deny')
  return (
    <CardFrame
      card={card}
      title="No answer came"
      acts={[{ label: 'Send again', role: 'main', onPress: sendAgain }]}
    >
      {pause.calls.map(call => (
        <CallInWords key={call.callId} call={call} messages={card.messages} />
      ))}
      <p class="note">
        Your decision was sent. What you approved may have been done; sent again, it counts as the same call.
      </p>
    </CardFrame>
  )
}
