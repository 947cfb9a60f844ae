import { useSettled } from '@entra-agents/trace-view/browser/settled'
import { Button } from '@entra-agents/trace-view/controls/button'
import type { IconName } from '@entra-agents/trace-view/controls/icon'
import { KeepFocus } from '@entra-agents/trace-view/controls/keep-focus'
import type { Session } from './session.ts'

interface SignInButtonProps {
  readonly session: Session
  readonly icon?: IconName
  readonly label: string
  readonly class: string
  readonly onClick: () => void
}

/** A button that opens the sign-in window and, while the window is open, cancels it. */
export function SignInButton({ session, icon, label, class: look, onClick }: SignInButtonProps) {
  const signingIn = session.signingIn.value
  const canPress = useSettled(signingIn)
  const whenSettled = (action: () => void) => (canPress ? action : undefined)
  return (
    <KeepFocus class="line">
      {signingIn ? (
        <>
          <span class="note">Waiting for the sign-in window…</span>
          <Button aria-disabled={!canPress} onClick={whenSettled(() => session.cancelSignIn())}>
            Cancel
          </Button>
        </>
      ) : (
        <Button
          class={look}
          icon={icon}
          aria-disabled={!canPress}
          onPointerEnter={() => session.prepare()}
          onFocus={() => session.prepare()}
          onClick={whenSettled(onClick)}
        >
          {label}
        </Button>
      )}
    </KeepFocus>
  )
}
