import type { Decision, PauseKind, Sentence } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { CallSentence } from '../pause/call-sentence.tsx'
import type { DecidedCall } from './exchange.ts'

/** The user's decision about a call, or their consent or step-up for it. The line stays in the answer. */
export function DecidedLine({ call }: { readonly call: DecidedCall }) {
  const { kind = 'approval', title, sentence = title === '' ? [] : [{ text: title }], decision } = call
  const [first, ...others] = sentence
  const last = sentence.at(-1)
  return (
    <p class="decided line note" data-status={decision === 'approve' ? 'ok' : 'denied'}>
      <Icon name={decision === 'approve' ? 'check' : 'close'} />
      <span>
        You {decisionWords[kind][decision]}
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
  'step-up': { approve: 'confirmed that it’s you', deny: 'did not confirm that it’s you' },
  consent: { approve: 'consented', deny: 'did not consent' },
}
