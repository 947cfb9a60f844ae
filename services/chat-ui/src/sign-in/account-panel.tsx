import { storedKeys } from '@entra-agents/trace-view/browser/stored'
import { Button } from '@entra-agents/trace-view/controls/button'
import type { Account } from './session.ts'

export interface AccountPanelProps {
  readonly account: Account
  readonly onSignOut: () => void
}

/** The signed-in user, what the agent gets of them, and how to sign out. */
export function AccountPanel({ account, onSignOut }: AccountPanelProps) {
  return (
    <>
      <p>
        <strong>{account.name}</strong>
        <br />
        {account.userName}
      </p>
      <p class="note">
        The agent gets your token only when you ask it to act for you, or when it demands sign-in.
      </p>
      {storedKeys('session') === undefined && (
        <p class="note">Your browser lets this page keep nothing: a reload signs you out.</p>
      )}
      <Button class="button start" onClick={onSignOut}>
        Sign out
      </Button>
    </>
  )
}
