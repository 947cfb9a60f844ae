import { chatLimits } from '@entra-agents/trace'
import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { set } from '@entra-agents/trace-view/browser/set'
import { useSettled } from '@entra-agents/trace-view/browser/settled'
import { Button } from '@entra-agents/trace-view/controls/button'
import { Icon, type IconName } from '@entra-agents/trace-view/controls/icon'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Page } from '../page.ts'
import { AskChoices } from './ask-choices.tsx'

type ComposerProps = Pick<Page, 'asking' | 'config' | 'conversation' | 'names' | 'session' | 'status'>

const NextQuestion = lazy(
  async () => (await import('./next-question.tsx')).NextQuestion,
  <p class="fine" id="next-question" />,
)

/** What the composer's button does. */
const presses = {
  send: { icon: 'send', label: 'Send' },
  signIn: { icon: 'user', label: 'Sign in and ask' },
  cancel: { icon: 'close', label: 'Cancel sign-in' },
  stop: { icon: 'stop', label: 'Stop' },
} as const satisfies Readonly<Record<string, { icon: IconName; label: string }>>

/** The input for the question. Enter sends, Shift+Enter breaks the line, Esc stops the answer. */
export function Composer(props: ComposerProps) {
  const { asking, config, conversation, names, session } = props
  const { draft, editing } = conversation
  const running = conversation.running.value
  const isSignInDue = asking.isSignInDue.value
  const isSigningIn = isSignInDue && session.signingIn.value
  const press = presses[running ? 'stop' : isSigningIn ? 'cancel' : isSignInDue ? 'signIn' : 'send']
  const canPress = useSettled(running || isSigningIn)
  const length = conversation.length.value
  const isTooLong = length > chatLimits.messageCharacters
  const field = useRef<HTMLTextAreaElement>(null)

  useLayoutEffect(() => {
    const area = field.current
    if (!area) return
    area.style.height = 'auto'
    // A narrow page shows the trace in place of the field, which then has no height to measure.
    if (area.scrollHeight > 0)
      area.style.height = `${area.scrollHeight + area.offsetHeight - area.clientHeight}px`
  }, [draft.value])

  // The window opens within the press only if the code for signing in is there by then.
  useEffect(() => {
    if (isSignInDue) session.prepare()
  }, [isSignInDue, session])

  // No focus on a touch screen, whose keyboard would cover half of the page, and in a low window, which would scroll to the field.
  useLayoutEffect(() => {
    if (matchMedia('(pointer: fine) and (min-height: 24rem)').matches) field.current?.focus()
  }, [])

  // This effect and the one above run before the next frame, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    if (editing.value) field.current?.focus()
  }, [editing.value])

  useLayoutEffect(() => {
    if (!running) return
    const stopOnEscape = (event: KeyboardEvent) => {
      const isForSomethingOpen = document.querySelector('dialog[open], :popover-open') !== null
      if (event.key === 'Escape' && !isComposing(event) && !isForSomethingOpen) conversation.stop()
    }
    document.addEventListener('keydown', stopOnEscape)
    return () => document.removeEventListener('keydown', stopOnEscape)
  }, [running, conversation])

  return (
    <form
      class="composer stack gap-2 column wide middle"
      onSubmit={event => {
        event.preventDefault()
        if (!canPress) return
        if (running) conversation.stop()
        else if (isSigningIn) session.cancelSignIn()
        else void asking.send()
      }}
    >
      {editing.value && (
        <p class="note line">
          Sending makes another attempt; the earlier one and what came after it are kept beside it.
          <Button
            class="link"
            onClick={() => {
              conversation.cancelEdit()
              field.current?.focus()
            }}
          >
            Cancel
          </Button>
        </p>
      )}
      <label class="visually-hidden" for="message">
        Your question
      </label>
      <div class="composer-field card">
        <textarea
          class="wide"
          id="message"
          ref={field}
          rows={1}
          placeholder={`Ask ${names.ofAgent(conversation.agent.value).agent}…`}
          enterkeyhint="send"
          autocomplete="off"
          aria-describedby="message-length next-question composer-keys"
          aria-invalid={isTooLong}
          readOnly={isSigningIn}
          value={draft.value}
          onInput={event => set(draft, event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
            event.preventDefault()
            if (!isSigningIn) void asking.send()
          }}
        />
        <div class="composer-row line gap-2 pad-2">
          <AskChoices conversation={conversation} config={config} />
          <button
            type="submit"
            class="button primary end send"
            aria-disabled={!canPress || (!running && !isSigningIn && (length === 0 || isTooLong))}
          >
            <Icon name={press.icon} />
            {press.label}
          </button>
        </div>
      </div>
      {length > chatLimits.messageCharacters * 0.9 && (
        <p class="note message-length" id="message-length" data-bad={isTooLong}>
          {describeLength(length)}
        </p>
      )}
      <NextQuestion {...props} />
      <p class="visually-hidden" id="composer-keys">
        Enter sends, Shift+Enter breaks the line, Esc stops.
      </p>
    </form>
  )
}

function describeLength(length: number): string {
  const most = chatLimits.messageCharacters
  const words = `${length.toLocaleString('en')} of ${most.toLocaleString('en')} characters.`
  return length > most ? `${words} Shorten it by ${(length - most).toLocaleString('en')} to send it.` : words
}

/** The `keyCode` of a key that an input method handles (UI Events, “Legacy Key Attributes”). */
const inputMethodKeyCode = 229

/**
 * Whether a key belongs to an input method that is composing text. Safari reports the key that ends a composition only
 * after the composition has ended, with `isComposing: false`; only the legacy code identifies such a key.
 */
function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === inputMethodKeyCode
}
