import type { Problem } from '@entra-agents/trace'

/** What the page shows of a failure, whether the agent reported it or it happened in the page. */
export type PageProblem = Pick<Problem, 'title' | 'detail' | 'hint' | 'code' | 'claimsChallenge'> &
  Partial<Pick<Problem, 'status' | 'needs' | 'requestId' | 'upstream' | 'blockedByPolicy' | 'policyIds'>>

/** The failures of the page itself, each with what to do about it. */
// biome-ignore format: table
const pageProblems = {
  AGENT_UNREACHABLE: { title: 'The agent cannot be reached.', hint: 'Check that the agent is running and that you are connected, then retry.' },
  AGENT_SILENT: { title: 'The agent has gone silent.', hint: 'Retry; if it stays, look at the agent’s log.' },
  ANSWER_BROKEN_OFF: { title: 'The connection ended before the answer did.', hint: 'Do not rely on a part. Nothing is resumed: asking again begins anew.' },
  AGENT_NOT_HERE: { title: 'This agent is not set up here any more.', hint: 'Start a new conversation with an agent that is.' },
  UNEXPECTED_RESPONSE: { title: 'Something that is not the agent answered.', hint: 'Check what stands between this page and the agent, such as a proxy.' },
  SIGN_IN_REQUIRED: { title: 'Sign in first.', hint: 'Nothing was sent.' },
  SIGN_IN_UNAVAILABLE: { title: 'Sign-in is not set up.', hint: 'Set CLIENT_SPA_APP_ID of the agent to the application id of the page’s app registration.' },
  PAGE_NOT_SECURE: { title: 'Browsers allow sign-in on secure pages only.', hint: 'Open this page by https, or on this machine as http://localhost.' },
  POPUP_BLOCKED: { title: 'The browser blocked the sign-in window.', hint: 'Allow pop-ups for this page, or simply press the button again.' },
  SIGN_IN_CANCELLED: { title: 'Sign-in was cancelled.', hint: 'Nothing was sent. The agent acts for you only once you have signed in and consented.' },
  SIGN_IN_OTHER_ACCOUNT: { title: 'That was another account.', hint: 'Sign in with the one that is signed in here.' },
  SIGN_IN_TIMED_OUT: { title: 'Sign-in took too long.', hint: 'Sign in again. If the window showed an error, its text says what to change in Entra.' },
  SIGN_IN_UNREACHABLE: { title: 'Microsoft Entra ID cannot be reached from this browser.', hint: 'Check the connection, then sign in again.' },
  SIGN_IN_NO_ROOM: { title: 'This tab has no room left for a sign-in.', hint: 'Open this page in a new tab and sign in there.' },
  SIGN_IN_FAILED: { title: 'Sign-in failed.', hint: 'Reload the page and sign in again.' },
  SESSION_EXPIRED: { title: 'Your session has ended.', hint: 'Sign in again to go on.' },
  CONSENT_NEEDED: { title: 'Your consent is needed.', hint: 'Review what this page asks for. Without your consent the agent cannot act for you.' },
  SIGN_IN_INTERACTION_REQUIRED: { title: 'Microsoft Entra ID wants more from you.', hint: 'Continue in the sign-in window, for example with a second factor.' },
} as const satisfies Record<string, { title: string; hint: string }>

type PageProblemCode = keyof typeof pageProblems

/** Makes a failure of the page itself. */
export function pageProblem(code: PageProblemCode, detail = '', claimsChallenge?: string): PageProblem {
  return { code, ...pageProblems[code], detail, ...(claimsChallenge ? { claimsChallenge } : {}) }
}

/** An error that carries a failure to be shown to the user. */
export class PageError extends Error {
  override readonly name = 'PageError'
  readonly problem: PageProblem

  constructor(problem: PageProblem) {
    super(`${problem.code}: ${problem.title}`)
    this.problem = problem
  }
}

/** Reads the problem of a request that the agent refused; a proxy's problem may have fewer members. */
export async function readProblem(response: Response): Promise<PageProblem> {
  const unexpected = pageProblem('UNEXPECTED_RESPONSE', `HTTP status ${response.status}.`)
  const type = response.headers.get('content-type') ?? ''
  if (!type.startsWith('application/problem+json')) return unexpected
  const problem: Partial<Problem> = await response.json().catch(() => ({}))
  return { ...unexpected, ...problem }
}

/** The failure of an action that the user can repeat; `undefined` after success. Rejects with any error that is no PageError. */
export async function problemOf(action: Promise<unknown>): Promise<PageProblem | undefined> {
  try {
    await action
    return undefined
  } catch (error) {
    if (error instanceof PageError) return error.problem
    throw error
  }
}
