import { useEffect, useMemo } from 'preact/hooks'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import { Icon } from '../controls/icon.tsx'
import { TextWithJson } from '../controls/text-with-json.tsx'
import type { Interaction, Session } from '../sign-in/session.ts'
import { SignInButton } from '../sign-in/sign-in-button.tsx'
import type { Conversation, LiveExchange } from './conversation.ts'
import { isOverOnceSignedIn, wayOn } from './way-on.ts'

interface ProblemNoteProps {
  readonly exchange: LiveExchange
  readonly problem: PageProblem
  readonly conversation: Conversation
  readonly session: Session
}

/** What went wrong with an answer, in the answer's own place, and the way on. */
export function ProblemNote({ exchange, problem, conversation, session }: ProblemNoteProps) {
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
  return (
    <div class="problem">
      <Icon name="warning" />
      <div>
        <p>
          <strong>{problem.title}</strong> {problem.detail}
        </p>
        <TextWithJson text={problem.hint} />
        <div class="problem-actions">
          {way && interaction && (
            <SignInButton
              session={session}
              label={way.label}
              onClick={() => void signInAndRetry(conversation, session, exchange, interaction)}
            />
          )}
          {way?.mode && (
            <button type="button" class="button" onClick={() => void conversation.retry(exchange, way.mode)}>
              {way.label}
            </button>
          )}
          {!interaction && (
            <button type="button" class="button" onClick={() => void conversation.retry(exchange)}>
              Retry
            </button>
          )}
          <code>{problem.code}</code>
        </div>
      </div>
    </div>
  )
}

/** Somebody has signed in elsewhere on the page, so that nothing is in the way any more. */
function SignedInSince({ exchange, conversation }: Pick<ProblemNoteProps, 'exchange' | 'conversation'>) {
  return (
    <div class="problem-actions">
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
