import { useSignal } from '@preact/signals'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import type { Session } from './session.ts'

/** Who is signed in, with the way in and out. Nothing where sign-in is not set up. */
export function AccountMenu({ session }: { readonly session: Session }) {
  const problem = useSignal<PageProblem | undefined>(undefined)
  if (!session.available) return null
  const account = session.account.value

  const run = async (action: () => Promise<void>) => {
    problem.value = undefined
    try {
      await action()
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = error.problem
    }
  }

  return (
    <div class="account">
      {account ? (
        <>
          <span class="account-name" title={account.userName}>
            Signed in as <strong>{account.name}</strong>
          </span>
          <button type="button" class="button" onClick={() => run(() => session.signOut())}>
            Sign out
          </button>
        </>
      ) : (
        <SignInButton session={session} label="Sign in" onClick={() => run(() => session.signIn())} />
      )}
      {problem.value && !account && (
        <p class="account-problem" role="alert">
          <strong>{problem.value.title}</strong> {problem.value.hint}
        </p>
      )}
    </div>
  )
}

interface SignInButtonProps {
  readonly session: Session
  readonly label: string
  readonly onClick: () => void
}

/** Opens the sign-in window; while that is open, the way to give it up. */
export function SignInButton({ session, label, onClick }: SignInButtonProps) {
  if (session.signingIn.value) {
    return (
      <span class="signing-in">
        Waiting for the sign-in window…{' '}
        <button type="button" class="button" onClick={() => session.cancelSignIn()}>
          Cancel
        </button>
      </span>
    )
  }
  return (
    <button
      type="button"
      class="button"
      onPointerEnter={() => session.prepare()}
      onFocus={() => session.prepare()}
      onClick={onClick}
    >
      {label}
    </button>
  )
}
