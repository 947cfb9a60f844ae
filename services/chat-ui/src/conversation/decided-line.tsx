import type { Decision, PauseKind } from '@entra-agents/trace'
import { Icon } from '@entra-agents/trace-view/controls/icon'
import { tellCallShortly } from '@entra-agents/trace-view/words/call-facts'
import { spellOutHidden } from '@entra-agents/trace-view/words/visible-text'
import type { DecidedCall } from './exchange.ts'

/** The user's decision about a call, or their consent or step-up for it. The line stays in the answer. */
export function DecidedLine({ call }: { readonly call: DecidedCall }) {
  const { kind = 'approval', title, arguments: values, decision } = call
  const what = kind === 'approval' ? tellCallShortly(title.toLowerCase(), values) : title
  return (
    <p class="decided line note" data-status={decision === 'approve' ? 'ok' : 'denied'}>
      <Icon name={decision === 'approve' ? 'check' : 'close'} />
      <span>
        You {decisionWords[kind][decision]}
        {what && `: ${spellOutHidden(what)}`}.
      </span>
    </p>
  )
}

const decisionWords: Readonly<Record<PauseKind, Readonly<Record<Decision['decision'], string>>>> = {
  approval: { approve: 'approved', deny: 'did not approve' },
  'step-up': { approve: 'confirmed that it’s you', deny: 'did not confirm that it’s you' },
  consent: { approve: 'consented', deny: 'did not consent' },
}
