import { CallArguments } from './asked-call.tsx'
import { CardFrame, type PauseCardProps } from './card-frame.tsx'

/** Says that the outcome of a decision is unknown. Only the same decision can be sent again: the calls may have been made. */
export function UnknownOutcomeCard(card: PauseCardProps) {
  const { pause, sent = [], onDecide } = card
  const decisions = new Map(sent.map(({ callId, decision }) => [callId, decision]))
  const sendAgain = () => onDecide(({ callId }) => decisions.get(callId) ?? 'deny')
  return (
    <CardFrame
      card={card}
      title="No answer came"
      acts={[{ label: 'Send again', isPrimary: true, onPress: sendAgain }]}
    >
      {pause.calls.map(call => (
        <CallArguments key={call.callId} call={call} />
      ))}
      <p>
        Your decision was sent. What you approved may have been done; sent again, it counts as the same call.
      </p>
    </CardFrame>
  )
}
