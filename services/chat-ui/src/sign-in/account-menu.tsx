import { lazy } from '@entra-agents/trace-view/browser/lazy'
import { KeepFocus } from '@entra-agents/trace-view/controls/keep-focus'
import { Popover } from '@entra-agents/trace-view/controls/popover'
import { useSignal } from '@preact/signals'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'
import type { AccountPanelProps } from './account-panel.tsx'
import { SignInButton } from './sign-in-button.tsx'

const AccountPanel = lazy(async () => (await import('./account-panel.tsx')).AccountPanel)

/** Who is signed in, with buttons to sign in and out. Renders nothing if sign-in is not set up. */
export function AccountMenu({ session, conversation }: Pick<Page, 'session' | 'conversation'>) {
  const problem = useSignal<PageProblem | undefined>(undefined)
  if (!session.available) return null
  const account = session.account.value

  const run = async (action: Promise<void>) => {
    problem.value = undefined
    problem.value = await problemOf(action)
  }

  const signIn = async () => {
    await session.signIn()
    void conversation.askWaiting()
  }

  return (
    <KeepFocus class="account relative">
      {account ? (
        <SignedInAccount account={account} onSignOut={() => void run(session.signOut())} />
      ) : (
        <>
          <SignInButton
            session={session}
            class="button quiet"
            icon="user"
            label="Sign in"
            onClick={() => void run(signIn())}
          />
          {problem.value && (
            <p class="note-card" data-kind="wait" role="alert">
              <strong>{problem.value.title}</strong> {problem.value.detail} {problem.value.hint}{' '}
              <code>{problem.value.code}</code>
            </p>
          )}
        </>
      )}
    </KeepFocus>
  )
}

function SignedInAccount({ account, onSignOut }: AccountPanelProps) {
  const button = (
    <span class="account-name cut">
      <span class="menu-only">Signed in as </span>
      <bdi>{account.name}</bdi>
    </span>
  )
  return (
    <Popover id="account" label="Account" class="button quiet" icon="user" button={button}>
      <AccountPanel account={account} onSignOut={onSignOut} />
    </Popover>
  )
}
