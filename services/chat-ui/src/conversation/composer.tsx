import { chatLimits } from '@entra-bedrock-agent/identity-trace'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Conversation } from './conversation.ts'

/** Where the question is written. Enter sends, Shift+Enter breaks the line, Esc stops the answer. */
export function Composer({ conversation }: { readonly conversation: Conversation }) {
  const { draft } = conversation
  const running = conversation.running.value
  const field = useRef<HTMLTextAreaElement>(null)

  useLayoutEffect(() => {
    const area = field.current
    if (!area) return
    area.style.height = 'auto'
    area.style.height = `${area.scrollHeight}px`
  }, [draft.value])

  useEffect(() => {
    if (!running) return
    const stopOnEscape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.isComposing) conversation.stop()
    }
    document.addEventListener('keydown', stopOnEscape)
    return () => document.removeEventListener('keydown', stopOnEscape)
  }, [running, conversation])

  const send = () => {
    if (!running) void conversation.send()
  }

  return (
    <form
      class="composer"
      onSubmit={event => {
        event.preventDefault()
        if (running) conversation.stop()
        else send()
      }}
    >
      <label class="visually-hidden" for="message">
        Your question
      </label>
      <textarea
        id="message"
        ref={field}
        rows={1}
        maxLength={chatLimits.messageCharacters}
        placeholder="Ask the agent…"
        enterkeyhint="send"
        autocomplete="off"
        aria-describedby="composer-keys"
        value={draft.value}
        onInput={event => {
          draft.value = event.currentTarget.value
        }}
        onKeyDown={event => {
          if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
          event.preventDefault()
          send()
        }}
      />
      <button type="submit" class="button primary send" aria-disabled={!running && draft.value.trim() === ''}>
        {running ? 'Stop' : 'Send'}
      </button>
      <p class="note" id="composer-keys">
        Enter sends, Shift+Enter breaks the line, Esc stops.
      </p>
    </form>
  )
}
