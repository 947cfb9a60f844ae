import type { TraceStep } from '@entra-bedrock-agent/identity-trace'
import { downloadText } from '../browser/download.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { Icon } from '../controls/icon.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { Popover } from '../controls/popover.tsx'
import { stepsAsJson } from './redactor.ts'
import type { TraceView } from './trace-view.ts'

interface TraceToolsProps {
  readonly steps: readonly TraceStep[]
  readonly view: TraceView
  readonly onHelp: () => void
}

/** What can be done with the trace that is shown. */
export function TraceTools({ steps, view, onHelp }: TraceToolsProps) {
  const { revealed } = view
  return (
    <div class="trace-tools">
      <IconButton
        icon={revealed.value ? 'eye' : 'hidden'}
        label="Reveal personal data and tenant"
        pressed={revealed.value}
        onClick={() => {
          revealed.value = !revealed.value
        }}
      />
      <Popover id="trace-more" label="More" button={<Icon name="more" />}>
        <p class="note">
          {revealed.value
            ? 'The copy holds personal data: they are revealed until you reload.'
            : 'Personal data and tenant are hidden in the copy, too. Tokens are never in it.'}
        </p>
        <CopyButton label="Copy the trace as JSON" text={() => stepsAsJson(steps)} worded />
        <button
          type="button"
          class="button"
          onClick={() => downloadText('identity-trace.json', stepsAsJson(steps))}
        >
          <Icon name="download" />
          Download the trace as JSON
        </button>
        <CopyButton label="Copy a link that works in this tab" text={() => location.href} worded />
        <button type="button" class="button" onClick={onHelp}>
          <Icon name="question" />
          Show the keys
        </button>
      </Popover>
    </div>
  )
}
