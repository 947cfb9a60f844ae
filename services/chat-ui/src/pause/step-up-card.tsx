import { capitalise } from '@entra-agents/trace-view/words/names'
import { wantedContexts } from '@entra-agents/trace-view/words/step-up'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import { apisOfPause, CardFrame, type PauseCardProps } from './card-frame.tsx'

/** Asks the user to authenticate more strongly, with the same account; then the approved call goes on. */
export function StepUpCard(card: PauseCardProps) {
  const { pause, session, onDecide } = card
  const problem = useSignal<PageProblem | undefined>(undefined)
  const isSigningIn = session.signingIn.value
  useEffect(() => session.prepare(), [session])
  const confirm = async () => {
    problem.value = undefined
    problem.value = await problemOf(
      session.signIn({ kind: 'prove-more', claimsChallenge: pause.claimsChallenge }),
    )
    if (!problem.value) await onDecide(() => 'approve')
  }
  const contexts = wantedContexts(pause.claimsChallenge)
  const calls = pause.calls.map(({ title }) => title.toLowerCase()).join(', ')
  return (
    <CardFrame
      card={card}
      title="Confirm that it’s you"
      problem={problem.value && withStepUpHint(problem.value)}
      waitsFor={isSigningIn && 'Waiting for the sign-in window…'}
      acts={
        isSigningIn
          ? [{ label: 'Close it', onPress: () => session.cancelSignIn() }]
          : [
              { label: 'Confirm it’s you', isPrimary: true, onPress: confirm },
              { label: 'Cancel', onPress: () => onDecide(() => 'deny') },
            ]
      }
    >
      <p>
        {capitalise(apisOfPause(card))} wants a stronger sign-in before it does this: <bdi>{calls}</bdi>
        {contexts.length > 0 && <> (authentication context {contexts.join(', ')})</>}. A window of Entra ID
        opens. Then the call that you approved runs, once.
      </p>
    </CardFrame>
  )
}

/** Replaces the usual hint, which says to sign in: the user has done that already. */
function withStepUpHint(problem: PageProblem): PageProblem {
  return problem.code === 'SIGN_IN_CANCELLED'
    ? { ...problem, hint: 'The call was not made. Confirm it’s you, or cancel it.' }
    : problem
}
