import { KeepFocus } from '../controls/keep-focus.tsx'
import type { Session } from './session.ts'

interface SignInButtonProps {
  readonly session: Session
  readonly label: string
  readonly onClick: () => void
}

/** Opens the sign-in window; while that is open, the way to give it up. */
export function SignInButton({ session, label, onClick }: SignInButtonProps) {
  return (
    <KeepFocus class="sign-in">
      {session.signingIn.value ? (
        <>
          <span>Waiting for the sign-in window…</span>
          <button type="button" class="button" onClick={() => session.cancelSignIn()}>
            Cancel
          </button>
        </>
      ) : (
        <button
          type="button"
          class="button"
          onPointerEnter={() => session.prepare()}
          onFocus={() => session.prepare()}
          onClick={onClick}
        >
          {label}
        </button>
      )}
    </KeepFocus>
  )
}
