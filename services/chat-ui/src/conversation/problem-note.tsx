import { useEffect } from 'preact/hooks'
import { PageError, type PageProblem } from '../agent/page-problem.ts'
import type { Page } from '../page.ts'
import { SignInButton } from '../sign-in/account-menu.tsx'
import type { LiveExchange } from './conversation.ts'
import { type WayOn, wayOn } from './way-on.ts'

interface ProblemNoteProps {
  readonly exchange: LiveExchange
  readonly problem: PageProblem
  readonly page: Page
}

/** What went wrong with an answer, in the answer's own place, and the way on. */
export function ProblemNote({ exchange, problem, page }: ProblemNoteProps) {
  const way = wayOn(problem)
  const needsSignIn = way.interaction !== undefined
  useEffect(() => {
    if (needsSignIn) page.session.prepare()
  }, [needsSignIn, page])
  return (
    <div class="problem">
      <p>
        <strong>{problem.title}</strong> {problem.detail}
      </p>
      <p>{problem.hint}</p>
      <p class="problem-actions">
        {way.interaction && page.session.available ? (
          <SignInButton
            session={page.session}
            label={way.label}
            onClick={() => void signInAndRetry(page, exchange, way)}
          />
        ) : (
          <button type="button" class="button" onClick={() => void page.conversation.retry(exchange)}>
            Retry
          </button>
        )}
        <code>{problem.code}</code>
      </p>
    </div>
  )
}

async function signInAndRetry(page: Page, exchange: LiveExchange, way: WayOn): Promise<void> {
  try {
    await page.session.signIn(way.interaction)
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    page.conversation.fail(exchange, error.problem)
    return
  }
  await page.conversation.retry(exchange)
}
