import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { useSignal } from '@preact/signals'
import type { Conversation } from '../conversation/conversation.ts'
import { openFile } from './open-trace.ts'

/** Reads back what was shared as data, from this or another agent. */
export function FilePicker({ conversation }: { readonly conversation: Conversation }) {
  const fault = useSignal('')
  return (
    <>
      <label class="menu-row grid wide pad-2">
        <strong>Open a file…</strong>
        <span class="soft">Data of a trace, from this or another agent.</span>
        <input
          type="file"
          class="visually-hidden"
          accept=".json"
          onChange={async ({ currentTarget: input }) => {
            const [file] = input.files ?? []
            fault.value = file ? await openFile(file, conversation) : ''
            // The same file can be chosen again.
            input.value = ''
            if (file && fault.value === '') closePopovers()
          }}
        />
      </label>
      <p role="alert">{fault.value}</p>
    </>
  )
}
