import { Icon } from '../controls/icon.tsx'
import { tellCallShortly } from '../words/call-facts.ts'
import { withoutHidden } from '../words/visible-text.ts'
import type { DecidedCall } from './exchange.ts'

/** What the user decided about a call. It stays. */
export function DecidedLine({
  call: { title, arguments: values, decision },
}: {
  readonly call: DecidedCall
}) {
  const isApproved = decision === 'approve'
  return (
    <p class="decided line note" data-status={isApproved ? 'ok' : 'denied'}>
      <Icon name={isApproved ? 'check' : 'close'} />
      <span>
        You {isApproved ? 'approved' : 'did not approve'}:{' '}
        {withoutHidden(tellCallShortly(title.toLowerCase(), values))}.
      </span>
    </p>
  )
}
