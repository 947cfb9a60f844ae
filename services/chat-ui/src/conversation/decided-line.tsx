import type { Decision, PauseKind, Sentence } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { CallSentence } from '../pause/call-sentence.tsx'
import type { DecidedCall } from './exchange.ts'

interface DecidedLineProps {
  readonly call: DecidedCall
  readonly isReaderUser: boolean
}

/** The user's decision about a call, or their consent or step-up for it. The line stays in the answer. */
export function DecidedLine({ call, isReaderUser }: DecidedLineProps) {
  const { kind = 'approval', title, sentence = title === '' ? [] : [{ text: title }], decision } = call
  const [first, ...others] = sentence
  const last = sentence.at(-1)
  return (
    <p class="decided line note" data-status={decision === 'approve' ? 'ok' : 'denied'}>
      <Icon name={decision === 'approve' ? 'check' : 'close'} />
      <span>
        {isReaderUser ? 'You' : 'The user'} {decisionWords[kind][decision]}
        {kind === 'step-up' && (isReaderUser ? ' that it’s you' : ' who they are')}
        {first && ': '}
        {first && <CallSentence parts={[withSmallLetter(first, kind), ...others]} />}
        {!(last && 'text' in last && last.text.endsWith('.')) && '.'}
      </span>
    </p>
  )
}

/** The tool's words as they go on after a colon; the name of a scope keeps its capital letter. */
function withSmallLetter(part: Sentence[number], kind: PauseKind): Sentence[number] {
  if (kind !== 'approval' || !('text' in part)) return part
  return { text: part.text.replace(/^[A-Z](?=[a-z])/, letter => letter.toLowerCase()) }
}

const decisionWords: Readonly<Record<PauseKind, Readonly<Record<Decision['decision'], string>>>> = {
  approval: { approve: 'approved', deny: 'did not approve' },
  'step-up': { approve: 'confirmed', deny: 'did not confirm' },
  consent: { approve: 'consented', deny: 'did not consent' },
}
