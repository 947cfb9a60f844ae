import { useSettled } from '@entra-agents/trace-view/browser/settled'
import { KeepFocus } from '@entra-agents/trace-view/controls/keep-focus'
import type { ComponentChildren } from 'preact'
import type { Session } from './session.ts'

interface SignInButtonProps {
  readonly session: Session
  readonly label: ComponentChildren
  readonly class?: string
  readonly onClick: () => void
}

/** A button that opens the sign-in window and, while the window is open, cancels it. */
export function SignInButton({ session, label, class: className = 'button', onClick }: SignInButtonProps) {
  const signingIn = session.signingIn.value
  const canPress = useSettled(signingIn)
  const whenSettled = (action: () => void) => (canPress ? action : undefined)
  return (
    <KeepFocus class="line">
      {signingIn ? (
        <>
          <span class="note">Waiting for the sign-in window…</span>
          <button
            type="button"
            class="button"
            aria-disabled={!canPress}
            onClick={whenSettled(() => session.cancelSignIn())}
          >
            Cancel
          </button>
        </>
      ) : (
        <button
          type="button"
          class={className}
          aria-disabled={!canPress}
          onPointerEnter={() => session.prepare()}
          onFocus={() => session.prepare()}
          onClick={whenSettled(onClick)}
        >
          {label}
        </button>
      )}
    </KeepFocus>
  )
}
