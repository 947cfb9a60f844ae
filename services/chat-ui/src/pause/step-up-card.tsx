import { capitalise } from '@entra-agents/trace-view/words/names'
import { wantedContexts } from '@entra-agents/trace-view/words/step-up'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import { apisOfPause, CardFrame, type PauseCardProps } from './card-frame.tsx'
import { Disclosure } from './disclosure.tsx'
import { UnformattedText } from './unformatted-text.tsx'

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
  const api = apisOfPause(card)
  const contexts = wantedContexts(pause.claimsChallenge)
  const calls = pause.calls.map(({ title }) => title.toLowerCase()).join(', ')
  return (
    <CardFrame
      card={card}
      title={`${capitalise(api)} wants a second factor`}
      problem={problem.value && withStepUpHint(problem.value)}
      waitsFor={isSigningIn && 'Waiting for the sign-in window…'}
      acts={
        isSigningIn
          ? [{ label: 'Close it', role: 'refuse', onPress: () => session.cancelSignIn() }]
          : [
              { label: 'Cancel', role: 'refuse', onPress: () => onDecide(() => 'deny') },
              { label: 'Confirm with Entra ID', role: 'main', opensWindow: true, onPress: confirm },
            ]
      }
    >
      <p class="says">
        Show Entra ID <strong>that it is you</strong>, since {api} wants a second factor for this:{' '}
        <bdi>{calls}</bdi>.
      </p>
      <p class="note">
        A window of Entra ID opens. Then the call that you approved is sent once more, and nothing else.
      </p>
      {contexts.length > 0 && (
        <Disclosure title="What the API asked for">
          <pre>
            <UnformattedText text={`acrs = ${contexts.join(', ')}`} />
          </pre>
        </Disclosure>
      )}
    </CardFrame>
  )
}

/** Replaces the usual hint, which says to sign in: the user has done that already. */
function withStepUpHint(problem: PageProblem): PageProblem {
  return problem.code === 'SIGN_IN_CANCELLED'
    ? { ...problem, hint: 'Nothing was changed. Confirm that it is you, or cancel the call.' }
    : problem
}
