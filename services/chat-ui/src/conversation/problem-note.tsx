import { CopyButton } from '@entra-agents/trace-view/controls/copy-button'
import { Fact } from '@entra-agents/trace-view/controls/fact'
import { FailureCode } from '@entra-agents/trace-view/controls/failure-code'
import { TextWithJson } from '@entra-agents/trace-view/controls/text-with-json'
import { problemKind } from '@entra-agents/trace-view/words/problem-kinds'
import { useEffect, useMemo } from 'preact/hooks'
import { agentNamed } from '../agent/documents.ts'
import { type PageProblem, problemOf } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'
import type { Interaction } from '../sign-in/session.ts'
import { SignInButton } from '../sign-in/sign-in-button.tsx'
import { tellGrant, writeAdministratorMessage } from './administrator-request.ts'
import type { LiveExchange } from './conversation.ts'
import { isForAdministrator, isResolvedBySignIn, type NextAction, nextActions } from './next-actions.ts'
import { tellArrived } from './tell-unsent.ts'

interface ProblemNoteProps extends Pick<Page, 'conversation' | 'session' | 'config' | 'names'> {
  readonly exchange: LiveExchange
  readonly problem: PageProblem
  /** Puts the question into the composer to edit it; missing in a view without composer, where question and flow cannot change. */
  readonly onEdit?: () => void
}

/** What went wrong with an answer, shown in its place, and what the user can do next. */
export function ProblemNote(props: ProblemNoteProps) {
  const { exchange, problem, conversation, session, config, onEdit } = props
  const { question } = exchange.value
  const arrived = tellArrived(exchange.value)
  const names = props.names.ofAgent(question.agent)
  const actions = nextActions(problem, question, {
    modes: config.modes,
    flows: agentNamed(config, question.agent)?.flows ?? [],
    canSignIn: session.available,
    isSignedIn: session.account.value !== undefined,
  }).filter(({ edits, asked }) => onEdit || !(edits || asked?.flow))
  const needsSignIn = actions.some(({ interaction }) => interaction)
  useEffect(() => {
    if (needsSignIn) session.prepare()
  }, [needsSignIn, session])
  const userThen = useMemo(() => session.account.peek()?.objectId, [problem, session])
  const userNow = session.account.value?.objectId
  if (isResolvedBySignIn(problem) && userNow !== undefined && userNow !== userThen)
    return <AskNowNote {...props} />
  const kind = problemKind(problem)
  const isPlain = kind === 'neutral' && problem.detail !== ''
  const forAdministrator = isForAdministrator(problem)
  // While the sign-in window is open, the earlier problem is hidden.
  const isOpen = needsSignIn && session.signingIn.value
  return (
    <div class="note-card stack" data-kind={kind}>
      {!isOpen && (
        <>
          <h3>{isPlain ? problem.detail : problem.title}</h3>
          {!isPlain && problem.detail && <p>{problem.detail}</p>}
          {arrived && <p>{arrived}</p>}
          {problem.needs ? (
            <>
              <p>To allow it, an administrator can</p>
              <dl class="facts">
                {tellGrant(problem.needs, exchange.value, names).map(([verb, what]) => (
                  <Fact key={verb} name={verb}>
                    {what}
                  </Fact>
                ))}
              </dl>
            </>
          ) : (
            <TextWithJson text={problem.hint} />
          )}
        </>
      )}
      <div class="acts line">
        {forAdministrator && (
          <CopyButton
            label="Copy request for an administrator"
            text={() => writeAdministratorMessage(problem, exchange.value, names)}
            worded
          />
        )}
        {actions.map(({ label, interaction, edits, asked }, index) =>
          interaction ? (
            <SignInButton
              key={label}
              session={session}
              label={label}
              onClick={() => void signInAndRetry(props, interaction, asked)}
            />
          ) : (
            <button
              key={label}
              type="button"
              class={index > 0 || forAdministrator ? 'button quiet' : 'button primary'}
              onClick={() => {
                if (edits) onEdit?.()
                else void conversation.retry(exchange, asked)
              }}
            >
              {label}
            </button>
          ),
        )}
        {!isOpen && <FailureCode code={problem.code} />}
      </div>
    </div>
  )
}

/** Shown instead of the problem once the user has signed in elsewhere on the page. */
function AskNowNote({ exchange, conversation }: Pick<ProblemNoteProps, 'exchange' | 'conversation'>) {
  return (
    <div class="acts line">
      <p class="note">You are signed in now. This question has not been asked yet.</p>
      <button type="button" class="button" onClick={() => void conversation.retry(exchange)}>
        Ask now
      </button>
    </div>
  )
}

async function signInAndRetry(
  { conversation, session, exchange }: Pick<ProblemNoteProps, 'conversation' | 'session' | 'exchange'>,
  interaction: Interaction,
  asked: NextAction['asked'],
): Promise<void> {
  const problem = await problemOf(session.signIn(interaction))
  if (problem) conversation.fail(exchange, problem)
  else await conversation.retry(exchange, asked)
}
