import { formatMoment } from '@entra-agents/trace-view/words/times'
import type { Conversation } from '../conversation/conversation.ts'

/** The banner above every view of a file. It says that this page has not seen what the file reports. */
export function FileBanner({ conversation }: { readonly conversation: Conversation }) {
  const opened = conversation.opened.value
  if (!opened) return null
  return (
    <p class="notice line">
      <strong>From a file; this page did not see it.</strong>
      Made {formatMoment(new Date(opened.exportedAt))} at {opened.from.host}. Nothing of it is sent to the
      agent.
      <button type="button" class="button" onClick={() => conversation.closeFile()}>
        Close the file
      </button>
    </p>
  )
}
