import { closePopovers } from '@entra-agents/trace-view/controls/popover'
import { useSignal } from '@preact/signals'
import type { Conversation } from '../conversation/conversation.ts'
import { exchangeOf, mostFileBytes, readExportedFile, UnreadableFile } from './read-file.ts'

/** Opens an exported file, from this or another agent. */
export function FilePicker({ conversation }: { readonly conversation: Conversation }) {
  const fault = useSignal('')
  return (
    <>
      <label class="menu-row">
        <strong>Open an exported file…</strong>
        <span>From this or another agent.</span>
        <input
          type="file"
          class="visually-hidden"
          accept=".html,.json"
          onChange={async event => {
            const input = event.currentTarget
            fault.value = (await openFile(input.files?.[0], conversation)) ?? ''
            input.value = ''
          }}
        />
      </label>
      <p role="alert">{fault.value}</p>
    </>
  )
}

/** Shows the answers of a file, or returns why they cannot be shown. */
async function openFile(file: File | undefined, conversation: Conversation): Promise<string | undefined> {
  if (!file) return undefined
  if (file.size > mostFileBytes) return `This file is too large: more than ${mostFileBytes / 1024 / 1024} MB.`
  try {
    const read = readExportedFile(await file.text())
    conversation.open(read, read.turns.map(exchangeOf))
    closePopovers()
    return undefined
  } catch (error) {
    if (error instanceof UnreadableFile) return error.message
    return 'This file could not be read.'
  }
}
