import type { TraceStep } from '@entra-agents/trace'
import { downloadText } from '../browser/download.ts'
import { useMediaQuery } from '../browser/media-query.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { Icon, type IconName } from '../controls/icon.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { Popover } from '../controls/popover.tsx'
import { stepsAsJson } from './redactor.ts'
import type { TraceView } from './trace-view.ts'

interface TraceToolsProps {
  readonly steps: readonly TraceStep[]
  readonly view: TraceView
  readonly onHelp: () => void
  readonly onPresent: () => void
  readonly onSideBySide: (() => void) | undefined
}

/** What can be done with the trace that is shown. If there is little room, all tools are in one menu. */
export function TraceTools({ steps, view, onHelp, onPresent, onSideBySide }: TraceToolsProps) {
  const { revealed } = view
  const isNarrow = useMediaQuery('(max-width: 75rem)')
  const ways = (
    <>
      {onSideBySide && (
        <Button icon="sides" label="Side by side" isQuiet={!isNarrow} onClick={onSideBySide} />
      )}
      {steps.length > 0 && <Button icon="system" label="Present" isQuiet={!isNarrow} onClick={onPresent} />}
    </>
  )
  return (
    <div class="trace-tools">
      {!isNarrow && ways}
      <IconButton
        icon={revealed.value ? 'eye' : 'hidden'}
        label="Reveal personal data and tenant"
        pressed={revealed.value}
        onClick={() => {
          revealed.value = !revealed.value
        }}
      />
      <Popover id="trace-more" label="More" button={<Icon name="more" />}>
        {isNarrow && ways}
        <p class="note">
          {revealed.value
            ? 'The copy holds personal data: they are revealed until you reload.'
            : 'Personal data and tenant are hidden in the copy, too. Tokens are never in it.'}
        </p>
        <CopyButton label="Copy the trace as JSON" text={() => stepsAsJson(steps)} worded />
        <Button
          icon="download"
          label="Download the trace as JSON"
          onClick={() => downloadText('identity-trace.json', stepsAsJson(steps))}
        />
        <CopyButton label="Copy a link that works in this tab" text={() => location.href} worded />
        <Button icon="question" label="Show the keys" onClick={onHelp} />
      </Popover>
    </div>
  )
}

interface ButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly isQuiet?: boolean
  readonly onClick: () => void
}

function Button({ icon, label, isQuiet = false, onClick }: ButtonProps) {
  return (
    <button type="button" class={isQuiet ? 'button quiet' : 'button'} onClick={onClick}>
      <Icon name={icon} />
      {label}
    </button>
  )
}
