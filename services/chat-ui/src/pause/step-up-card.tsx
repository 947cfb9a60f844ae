import type { Pause } from '@entra-bedrock-agent/identity-trace'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import { KeepFocus } from '../controls/keep-focus.tsx'
import { capitalise } from '../words/names.ts'
import { wantedContexts } from '../words/step-up.ts'
import { CardFrame, type PauseCardProps } from './card-frame.tsx'
import { useGrace } from './grace.ts'

/** Asks the user to authenticate more strongly, as the same account; then the call that was approved goes on. */
export function StepUpCard(card: PauseCardProps) {
  const { pause, session, names, onDecide } = card
  const canPress = useGrace()
  const problem = useSignal<PageProblem | undefined>(undefined)
  const signingIn = session.signingIn.value
  useEffect(() => session.prepare(), [session])
  const confirm = async () => {
    problem.value = undefined
    try {
      await session.signIn({ kind: 'prove-more', claimsChallenge: pause.claimsChallenge })
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      problem.value = withHint(error.problem)
      return
    }
    await onDecide(() => 'approve')
  }
  const contexts = wantedContexts(pause.claimsChallenge)
  const apis = [...new Set(pause.calls.map(({ api }) => names.actor(api)))].join(', ')
  return (
    <CardFrame
      card={card}
      title="Confirm that it’s you"
      problem={problem.value ?? card.problem}
      acts={
        <KeepFocus class="acts line">
          {signingIn ? (
            <>
              <span>Waiting for the sign-in window…</span>
              <button type="button" class="button" onClick={() => session.cancelSignIn()}>
                Close it
              </button>
            </>
          ) : (
            <>
              <button
                type="button"
                class="button primary"
                aria-disabled={!canPress}
                onClick={() => {
                  if (canPress) void confirm()
                }}
              >
                Confirm it’s you
              </button>
              <button
                type="button"
                class="button"
                aria-disabled={!canPress}
                onClick={() => {
                  if (canPress) void onDecide(() => 'deny')
                }}
              >
                Cancel
              </button>
            </>
          )}
        </KeepFocus>
      }
    >
      <p>
        {capitalise(apis)} wants a stronger sign-in before it does this: {tellCalls(pause)}
        {contexts.length > 0 && <> (authentication context {contexts.join(', ')})</>}. A window of Entra ID
        opens. Then the call that you approved runs, once.
      </p>
    </CardFrame>
  )
}

/** The usual hint speaks of signing in, which the user has done already. */
function withHint(problem: PageProblem): PageProblem {
  return problem.code === 'SIGN_IN_CANCELLED'
    ? { ...problem, hint: 'The call was not made. Confirm it’s you, or cancel it.' }
    : problem
}

function tellCalls({ calls }: Pause): string {
  return calls.map(({ title }) => title.toLowerCase()).join(', ')
}
