import type { ComponentChildren } from 'preact'
import { narrowQuery, useMediaQuery } from '../browser/media-query.ts'
import { Button } from '../controls/button.tsx'
import type { IconName } from '../controls/icon.tsx'
import { Popover } from '../controls/popover.tsx'
import type { PageKey } from '../keys/keys.ts'

interface TraceToolsProps {
  /** Missing as long as there is nothing to present. */
  readonly onPresent: (() => void) | undefined
  readonly onSideBySide: (() => void) | undefined
  readonly share: ComponentChildren
}

/** What can be done with the trace that is shown. If there is room for only one pane, all of it is in one menu. */
export function TraceTools({ onPresent, onSideBySide, share }: TraceToolsProps) {
  const isNarrow = useMediaQuery(narrowQuery)
  const tools = (
    <>
      {onSideBySide && <Tool icon="sides" label="Side by side" shortcut="s" onClick={onSideBySide} />}
      {onPresent && <Tool icon="expand" label="Present" shortcut="p" onClick={onPresent} />}
      {share}
    </>
  )
  if (!isNarrow) return <div class="end line">{tools}</div>
  return (
    <Popover id="trace-more" label="More: side by side, present, share" panelClass="menu" icon="more">
      {tools}
    </Popover>
  )
}

interface ToolProps {
  readonly icon: IconName
  readonly label: string
  readonly shortcut: PageKey
  readonly onClick: () => void
}

function Tool({ icon, label, shortcut, onClick }: ToolProps) {
  return (
    <Button class="button quiet" aria-keyshortcuts={shortcut} onClick={onClick} icon={icon}>
      {label}
    </Button>
  )
}
