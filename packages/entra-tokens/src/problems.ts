import { ProblemError, type ProblemOptions, proxyProblem, toProblem } from '@entra-bedrock-agent/service-kit'
import { DenyListUnavailable } from './deny-list/deny-list.ts'
import { type ProblemTexts, tokenProblems } from './problem-texts.ts'
import { SigningKeysUnavailable, TokenRefused } from './token-refused.ts'

/** Turns an error of the token check into a problem with its challenge. */
export type ExplainRefusal = (error: unknown) => ProblemError

/** The token is valid, but its caller may not use this API. */
export class AccessForbidden extends TokenRefused {}

/** Turns each refusal into a problem with a challenge, which has no error code if there was no token (RFC 6750 §3.1). */
export function explainRefusals({
  realm,
  codePrefix,
  problems = {},
  pointer = '',
  contextChallenge = '',
}: ProblemTexts): ExplainRefusal {
  const challenge = `Bearer realm="${realm}"`
  const make = (code: keyof typeof tokenProblems, detail: string, options: ProblemOptions) => {
    const full = tokenProblems[code].status === 503 ? code : `${codePrefix}_${code}`
    return new ProblemError(full, problems[full] ?? tokenProblems[code], detail, options)
  }
  const refuse = (error: TokenRefused) => {
    const { failedCheck, message } = error
    if (failedCheck === undefined)
      return make('TOKEN_MISSING', message, { headers: { 'www-authenticate': `${challenge}${pointer}` } })
    const isForbidden = error instanceof AccessForbidden
    const code = isForbidden ? 'insufficient_scope' : 'invalid_token'
    const described = `${challenge}, error="${code}", error_description="${failedCheck}: ${message}"${pointer}`
    const isContext = isForbidden && failedCheck === 'context'
    return make(isForbidden ? codeOf(failedCheck) : 'TOKEN_REJECTED', message, {
      extensions: { failedCheck },
      headers: { 'www-authenticate': isContext ? contextChallenge : described },
    })
  }
  return error => {
    if (error instanceof TokenRefused) return refuse(error)
    if (error instanceof DenyListUnavailable)
      return make('DENY_LIST_UNAVAILABLE', error.message, { headers: { 'retry-after': '5' } })
    if (!(error instanceof SigningKeysUnavailable)) return toProblem(error)
    return (
      proxyProblem(error, error.url) ??
      make('SIGNING_KEYS_UNAVAILABLE', error.message, {
        upstream: { service: 'entra' },
        headers: { 'retry-after': '5' },
      })
    )
  }
}

/** The code for a caller that may not use the API. */
function codeOf(failedCheck: string): 'CONTEXT_MISSING' | 'DENIED' | 'FORBIDDEN' {
  if (failedCheck === 'context') return 'CONTEXT_MISSING'
  return failedCheck === 'deny-list' ? 'DENIED' : 'FORBIDDEN'
}
