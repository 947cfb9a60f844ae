import type { AskedCall, Decision } from '@entra-bedrock-agent/identity-trace'
import { useSignal } from '@preact/signals'
import { capitalise, type Names } from '../words/names.ts'
import { count } from '../words/times.ts'
import { actWords } from './act-words.ts'
import { CallArguments } from './asked-call.tsx'
import { CardFrame, type PauseCardProps } from './card-frame.tsx'
import { useGrace } from './grace.ts'

/** Asks whether calls that change something run, exactly as shown. No key approves but a press of the button that names the act. */
export function ApprovalCard(props: PauseCardProps) {
  const [call, ...others] = props.pause.calls
  if (!call) return null
  return others.length === 0 ? <OneCall card={props} call={call} /> : <SeveralCalls {...props} />
}

function OneCall({ card, call }: { readonly card: PauseCardProps; readonly call: AskedCall }) {
  const canPress = useGrace()
  const { doIt, leaveIt } = actWords(call.title)
  const decide = (decision: Decision['decision']) => {
    if (canPress) void card.onDecide(() => decision)
  }
  return (
    <CardFrame
      card={card}
      title={`${call.title}?`}
      acts={
        <>
          <button
            type="button"
            class="button primary"
            aria-disabled={!canPress}
            onClick={() => decide('approve')}
          >
            {doIt}
          </button>
          <button type="button" class="button" aria-disabled={!canPress} onClick={() => decide('deny')}>
            {leaveIt}
          </button>
        </>
      }
    >
      <CallArguments call={call} />
      <p>{tellWhatFollows(call, card.names)}</p>
    </CardFrame>
  )
}

function tellWhatFollows({ api }: AskedCall, names: Names): string {
  return `Not sent yet. ${capitalise(names.agent)} would call ${names.actor(api)} on your behalf, once, exactly as shown.`
}

/** Each call is decided on its own; nothing is sent until all are. */
function SeveralCalls(card: PauseCardProps) {
  const { calls } = card.pause
  const canPress = useGrace()
  const decisions = useSignal<ReadonlyMap<string, Decision['decision']>>(new Map())
  const open = calls.filter(({ callId }) => !decisions.value.has(callId)).length
  const decide = (decision: Decision['decision'], ...decided: readonly AskedCall[]) => {
    if (!canPress) return
    decisions.value = new Map([
      ...decisions.value,
      ...decided.map(({ callId }) => [callId, decision] as const),
    ])
  }
  const isReady = canPress && open === 0
  return (
    <CardFrame
      card={card}
      title={`${calls.length} calls that change something`}
      acts={
        <>
          <button
            type="button"
            class="button primary"
            aria-disabled={!isReady}
            onClick={() => {
              if (isReady) void card.onDecide(({ callId }) => decisions.value.get(callId) ?? 'deny')
            }}
          >
            Go on as decided
          </button>
          <button
            type="button"
            class="button"
            aria-disabled={!canPress}
            onClick={() => decide('approve', ...calls)}
          >
            Approve all
          </button>
        </>
      }
    >
      <p>Each of them runs once, exactly as shown, or not at all.</p>
      <ol class="asked-calls stack">
        {calls.map(call => (
          <CallChoice
            key={call.callId}
            call={call}
            names={card.names}
            canPress={canPress}
            decision={decisions.value.get(call.callId)}
            onDecide={decision => decide(decision, call)}
          />
        ))}
      </ol>
      <p role="status">
        {open > 0 ? `${count(open, 'call')} not decided yet.` : 'All are decided. Nothing is sent yet.'}
      </p>
    </CardFrame>
  )
}

interface CallChoiceProps {
  readonly call: AskedCall
  readonly names: Names
  readonly canPress: boolean
  readonly decision: Decision['decision'] | undefined
  readonly onDecide: (decision: Decision['decision']) => void
}

function CallChoice({ call, names, canPress, decision, onDecide }: CallChoiceProps) {
  const { doIt, leaveIt } = actWords(call.title)
  const choice = (value: Decision['decision'], label: string) => (
    <button
      type="button"
      class="button"
      aria-pressed={decision === value}
      aria-disabled={!canPress}
      onClick={() => onDecide(value)}
    >
      {label}
    </button>
  )
  return (
    <li class="stack">
      <h4>
        {call.title} <span class="note">{names.actor(call.api)}</span>
      </h4>
      <CallArguments call={call} />
      <div class="acts line">
        {choice('approve', doIt)}
        {choice('deny', leaveIt)}
      </div>
    </li>
  )
}
