import type { AskedCall, Decision } from '@entra-agents/trace'
import { useSettled } from '@entra-agents/trace-view/browser/settled'
import { Button } from '@entra-agents/trace-view/controls/button'
import { flowWords } from '@entra-agents/trace-view/words/flows'
import { capitalise } from '@entra-agents/trace-view/words/names'
import { count } from '@entra-agents/trace-view/words/times'
import { useSignal } from '@preact/signals'
import { CallInWords } from './asked-call.tsx'
import { buttonLabels } from './button-labels.ts'
import { CardFrame, type PauseCardProps } from './card-frame.tsx'

/** Asks whether calls that change something may run, exactly as shown. Only the button that names the act approves. */
export function ApprovalCard(props: PauseCardProps) {
  const [call, ...others] = props.pause.calls
  if (!call) return null
  return others.length === 0 ? <OneCall card={props} call={call} /> : <SeveralCalls {...props} />
}

function OneCall({ card, call }: { readonly card: PauseCardProps; readonly call: AskedCall }) {
  const { names, pause, onDecide } = card
  const { doIt, leaveIt } = buttonLabels(call.title)
  return (
    <CardFrame
      card={card}
      title={`${capitalise(names.agent)} asks you first`}
      acts={[
        { label: leaveIt, role: 'refuse', onPress: () => onDecide(() => 'deny') },
        { label: doIt, role: 'main', onPress: () => onDecide(() => 'approve') },
      ]}
    >
      <CallInWords call={call} messages={card.messages}>
        <p class="note">
          It would call {names.actor(call.api)} {flowWords[pause.flow].asWhom}, once, exactly as shown.
        </p>
      </CallInWords>
    </CardFrame>
  )
}

/** Each call is decided on its own; nothing is sent until all calls are decided. */
function SeveralCalls(card: PauseCardProps) {
  const { calls } = card.pause
  const decisions = useSignal<ReadonlyMap<string, Decision['decision']>>(new Map())
  const open = calls.filter(({ callId }) => !decisions.value.has(callId)).length
  const decide = (decision: Decision['decision'], ...decided: readonly AskedCall[]) => {
    const added = decided.map(({ callId }) => [callId, decision] as const)
    decisions.value = new Map([...decisions.value, ...added])
  }
  return (
    <CardFrame
      card={card}
      title={`${capitalise(card.names.agent)} asks you first`}
      acts={[
        { label: 'Approve all', onPress: () => decide('approve', ...calls) },
        {
          label: 'Go on as decided',
          role: 'main',
          isDisabled: open > 0,
          onPress: () => card.onDecide(({ callId }) => decisions.value.get(callId) ?? 'deny'),
        },
      ]}
    >
      <p class="note">
        {calls.length} calls would change something. Each runs once, exactly as shown, or not at all.
      </p>
      <ol class="asked-calls stack">
        {calls.map(call => (
          <CallChoice
            key={call.callId}
            call={call}
            card={card}
            decision={decisions.value.get(call.callId)}
            onDecide={decision => decide(decision, call)}
          />
        ))}
      </ol>
      <p class="note" role="status">
        {open > 0 ? `${count(open, 'call')} not decided yet.` : 'All are decided. Nothing is sent yet.'}
      </p>
    </CardFrame>
  )
}

interface CallChoiceProps {
  readonly card: PauseCardProps
  readonly call: AskedCall
  readonly decision: Decision['decision'] | undefined
  readonly onDecide: (decision: Decision['decision']) => void
}

function CallChoice({ card, call, decision, onDecide }: CallChoiceProps) {
  const canPress = useSettled(true, { isNew: true })
  const { doIt, leaveIt } = buttonLabels(call.title)
  const choice = (value: Decision['decision'], label: string) => (
    <Button
      aria-pressed={decision === value}
      aria-disabled={!canPress}
      onClick={() => canPress && onDecide(value)}
    >
      {label}
    </Button>
  )
  return (
    <li class="stack gap-2">
      <h4>
        <bdi>{call.title}</bdi> <span class="note">{card.names.actor(call.api)}</span>
      </h4>
      <CallInWords call={call} messages={card.messages} />
      <div class="acts line gap-2">
        {choice('approve', doIt)}
        {choice('deny', leaveIt)}
      </div>
    </li>
  )
}
