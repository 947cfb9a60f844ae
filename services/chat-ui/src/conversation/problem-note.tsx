import { useEffect, useMemo } from 'preact/hooks'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import { CopyButton } from '../controls/copy-button.tsx'
import { FailureCode } from '../controls/failure-code.tsx'
import { TextWithJson } from '../controls/text-with-json.tsx'
import type { Interaction, Session } from '../sign-in/session.ts'
import { SignInButton } from '../sign-in/sign-in-button.tsx'
import type { Names } from '../words/names.ts'
import { problemKind } from '../words/problem-kinds.ts'
import { tellRequest, writeRequest } from './administrator-request.ts'
import type { Conversation, LiveExchange } from './conversation.ts'
import { isForAdministrator, isOverOnceSignedIn, wayOn } from './way-on.ts'

interface ProblemNoteProps {
  readonly exchange: LiveExchange
  readonly problem: PageProblem
  readonly conversation: Conversation
  readonly session: Session
  readonly names: Names
}

/** What went wrong with an answer, in the answer's own place, and the way on. */
export function ProblemNote({ exchange, problem, conversation, session, ...rest }: ProblemNoteProps) {
  const names = rest.names.ofAgent(exchange.value.question.agent)
  const way = wayOn(problem)
  const interaction = session.available ? way?.interaction : undefined
  const needsSignIn = interaction !== undefined
  useEffect(() => {
    if (needsSignIn) session.prepare()
  }, [needsSignIn, session])
  const userThen = useMemo(() => session.account.peek()?.objectId, [problem, session])
  const userNow = session.account.value?.objectId
  if (isOverOnceSignedIn(problem) && userNow !== undefined && userNow !== userThen)
    return <SignedInSince exchange={exchange} conversation={conversation} />
  const kind = problemKind(problem)
  const isPlain = kind === 'neutral' && problem.detail !== ''
  return (
    <div class="note-card stack" data-kind={kind}>
      <h3>{isPlain ? problem.detail : problem.title}</h3>
      {!isPlain && problem.detail && <p>{problem.detail}</p>}
      {problem.needs ? (
        <Request lines={tellRequest(problem.needs, exchange.value, names)} />
      ) : (
        <TextWithJson text={problem.hint} />
      )}
      <div class="acts line">
        {way && interaction ? (
          <SignInButton
            session={session}
            label={way.label}
            onClick={() => void signInAndRetry(conversation, session, exchange, interaction)}
          />
        ) : isForAdministrator(problem) ? (
          <>
            <CopyButton
              label="Copy request for an administrator"
              text={() => writeRequest(problem, exchange.value, names)}
              worded
            />
            <button type="button" class="button quiet" onClick={() => void conversation.retry(exchange)}>
              Ask again
            </button>
          </>
        ) : (
          <AskAgain problem={problem} exchange={exchange} conversation={conversation} />
        )}
        <FailureCode code={problem.code} />
      </div>
    </div>
  )
}

/** Asks again; without the model if that failed, unless the failure passes by itself. */
function AskAgain({ problem, exchange, conversation }: Omit<ProblemNoteProps, 'session' | 'names'>) {
  const way = problemKind(problem) === 'failed' ? wayOn(problem) : undefined
  return (
    <button type="button" class="button primary" onClick={() => void conversation.retry(exchange, way?.mode)}>
      {way?.mode ? way.label : 'Ask again'}
    </button>
  )
}

/** What an administrator can do, as a list. */
function Request({ lines }: { readonly lines: readonly (readonly [string, string])[] }) {
  return (
    <>
      <p>To allow it, an administrator can</p>
      <dl class="facts">
        {lines.map(([verb, what]) => (
          <div key={verb}>
            <dt>{verb}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

/** Somebody has signed in elsewhere on the page, so that nothing is in the way any more. */
function SignedInSince({ exchange, conversation }: Pick<ProblemNoteProps, 'exchange' | 'conversation'>) {
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
  conversation: Conversation,
  session: Session,
  exchange: LiveExchange,
  interaction: Interaction,
): Promise<void> {
  try {
    await session.signIn(interaction)
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    conversation.fail(exchange, error.problem)
    return
  }
  await conversation.retry(exchange)
}
