import { PageError, type PageProblem, pageProblem } from '../agent/page-problem.ts'

/** The parts of an MSAL error that tell failures apart (msal-browser 5: AuthError and its subclasses). */
export interface IdentityFailure {
  readonly name: string
  readonly errorCode: string
  readonly subError?: string
  /** The AADSTS number, if Entra gave one. */
  readonly errorNo?: string
  readonly claims?: string
}

const problemByErrorCode: Readonly<Record<string, Parameters<typeof pageProblem>[0]>> = {
  popup_window_error: 'POPUP_BLOCKED',
  empty_window_error: 'POPUP_BLOCKED',
  user_cancelled: 'SIGN_IN_CANCELLED',
  interaction_in_progress_cancelled: 'SIGN_IN_CANCELLED',
  access_denied: 'SIGN_IN_CANCELLED',
  timed_out: 'SIGN_IN_TIMED_OUT',
  no_account_error: 'SIGN_IN_REQUIRED',
  invalid_grant: 'SESSION_EXPIRED',
  no_tokens_found: 'SESSION_EXPIRED',
  refresh_token_expired: 'SESSION_EXPIRED',
  login_required: 'SESSION_EXPIRED',
  post_request_failed: 'SIGN_IN_UNREACHABLE',
  no_network_connectivity: 'SIGN_IN_UNREACHABLE',
  failed_to_parse_response: 'SIGN_IN_UNREACHABLE',
  endpoints_resolution_error: 'SIGN_IN_UNREACHABLE',
  crypto_nonexistent: 'PAGE_NOT_SECURE',
  cache_quota_exceeded: 'SIGN_IN_NO_ROOM',
}

/** AADSTS65001: neither the user nor an administrator has consented. */
const consentMissingNumber = '65001'

/** Says in the page's words why sign-in or renewal failed, and what to do next. */
export function describeFailure(failure: IdentityFailure): PageProblem {
  const detail = detailOf(failure)
  if (failure.subError === 'consent_required' || failure.errorNo === consentMissingNumber) {
    return pageProblem('CONSENT_NEEDED', detail)
  }
  if (failure.claims) return pageProblem('SIGN_IN_INTERACTION_REQUIRED', detail, failure.claims)
  const known = problemByErrorCode[failure.errorCode]
  if (known) return pageProblem(known, detail)
  const wantsTheUser = failure.name === 'InteractionRequiredAuthError'
  const problem = pageProblem(wantsTheUser ? 'SIGN_IN_INTERACTION_REQUIRED' : 'SIGN_IN_FAILED', detail)
  return failure.errorNo && !wantsTheUser ? { ...problem, hint: lookUpHint(failure.errorNo) } : problem
}

function lookUpHint(errorNo: string): string {
  return `Sign in again; if it stays, look AADSTS${errorNo} up at https://login.microsoftonline.com/error.`
}

function detailOf({ errorCode, errorNo }: IdentityFailure): string {
  return errorNo ? `Entra ID said ${errorCode}, AADSTS${errorNo}.` : `MSAL said ${errorCode}.`
}

function isIdentityFailure(error: unknown): error is Error & IdentityFailure {
  return error instanceof Error && 'errorCode' in error && typeof error.errorCode === 'string'
}

/** Turns whatever the identity library threw into a PageError. */
export function toPageError(error: unknown): PageError {
  if (error instanceof PageError) return error
  if (isIdentityFailure(error)) return new PageError(describeFailure(error))
  if (error instanceof DOMException && error.name === 'QuotaExceededError')
    return new PageError(pageProblem('SIGN_IN_NO_ROOM'))
  return new PageError(pageProblem('SIGN_IN_FAILED', error instanceof Error ? error.name : ''))
}
