import type { ComponentChildren } from 'preact'
import { narrowQuery, useMediaQuery } from '../browser/media-query.ts'
import { Button } from '../controls/button.tsx'
import { Popover } from '../controls/popover.tsx'

export interface TraceToolsProps {
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
      {onSideBySide && (
        <Button class="button quiet" icon="sides" aria-keyshortcuts="s" onClick={onSideBySide}>
          Side by side
        </Button>
      )}
      {onPresent && (
        <Button class="button quiet" icon="expand" aria-keyshortcuts="p" onClick={onPresent}>
          Present
        </Button>
      )}
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
