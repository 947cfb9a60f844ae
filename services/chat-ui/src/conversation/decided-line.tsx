import type { Decision, PauseKind, Sentence } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { formatTime } from '@entra-agents/trace-view/words/times'
import { CallSentence } from '../pause/call-sentence.tsx'
import type { DecidedCall } from './exchange.ts'

interface DecidedLineProps {
  readonly call: DecidedCall
  readonly isReaderUser: boolean
}

/** What the user decided about a call, or their consent or second factor for it, and when. The line stays in the answer. */
export function DecidedLine({ call, isReaderUser }: DecidedLineProps) {
  const { kind = 'approval', decision, at } = call
  return (
    <p class="decided ends note" data-status={decision === 'approve' ? 'ok' : 'denied'}>
      <Icon name={decision === 'approve' ? 'check' : 'close'} />
      <span>
        {isReaderUser ? 'You' : 'The user'} {decisionWords[kind][decision]}
        {kind === 'step-up' && (isReaderUser ? ' that it’s you' : ' who they are')}:{' '}
        <b class="ink">
          <CallSentence parts={actOf(call)} />
        </b>
      </span>
      {at && !Number.isNaN(Date.parse(at)) && (
        <time class="fine" dateTime={at}>
          {/* A reader elsewhere has another clock. */}
          {isReaderUser ? formatTime(new Date(at)) : `${at.slice(11, 19)} UTC`}
        </time>
      )}
    </p>
  )
}

/** What was decided, as it goes on after a colon: a tool’s words in small letters and without full stop, or a scope’s name. */
function actOf({ kind, title, sentence = [{ text: title }] }: DecidedCall): Sentence {
  if (kind === 'step-up') return [{ text: 'a second factor, at Entra ID' }]
  if (kind === 'consent') return [{ text: title }]
  const last = sentence.length - 1
  return sentence.map((part, index) => {
    if (!('text' in part)) return part
    const text = index > 0 ? part.text : part.text.replace(/^[A-Z](?=[a-z])/, letter => letter.toLowerCase())
    return { text: index < last ? text : text.replace(/\.$/, '') }
  })
}

const decisionWords: Readonly<Record<PauseKind, Readonly<Record<Decision['decision'], string>>>> = {
  approval: { approve: 'approved', deny: 'did not approve' },
  'step-up': { approve: 'confirmed', deny: 'did not confirm' },
  consent: { approve: 'consented', deny: 'did not consent' },
}
