import { ProblemError, type ProblemOptions, toProblem } from '@entra-bedrock-agent/service-kit'
import type { ProblemTexts, ProblemWords } from './problem-texts.ts'
import { SigningKeysUnavailable, TokenRefused } from './token-refused.ts'

/** Makes the problem of what was thrown when a token was checked, with the challenge that goes with it. */
export type ExplainRefusal = (error: unknown) => ProblemError

const defaultWords = {
  TOKEN_MISSING: {
    status: 401,
    title: 'The call carries no bearer token.',
    hint: 'Send one "Authorization: Bearer …" header with a token for this API; a token anywhere else is ignored.',
  },
  TOKEN_REJECTED: {
    status: 401,
    title: 'The token is not one that this API trusts.',
    hint: 'The failed check is in the response. Compare the token with the tenant, app id and authority that this API is set up with, and get a fresh one if it expired.',
  },
  FORBIDDEN: {
    status: 403,
    title: 'The token is good, but does not carry the right to call this API.',
    hint: 'Assign the app role to the agent identity, or grant it the scope for users, and list its client id among the callers of this API.',
  },
  SIGNING_KEYS_UNAVAILABLE: {
    status: 503,
    title: 'The keys that tokens are checked with are out of reach.',
    hint: 'Check that this API reaches Entra (DNS, network policy, proxy) and that its tenant id is right. No token passes until then.',
  },
} as const satisfies Readonly<Record<string, ProblemWords>>

/** Why a genuine token does not open this API. */
export class AccessForbidden extends TokenRefused {}

/** Explains refusals as RFC 6750 §3.1 wants them: no error code where no authentication was tried. */
export function explainRefusals({
  realm,
  codePrefix,
  problems = {},
  pointer = '',
}: ProblemTexts): ExplainRefusal {
  const challenge = `Bearer realm="${realm}"`
  const make = (code: keyof typeof defaultWords, detail: string, options: ProblemOptions) => {
    const full = code === 'SIGNING_KEYS_UNAVAILABLE' ? code : `${codePrefix}_${code}`
    return new ProblemError(full, problems[full] ?? defaultWords[code], detail, options)
  }
  return error => {
    if (error instanceof SigningKeysUnavailable)
      return make('SIGNING_KEYS_UNAVAILABLE', error.message, {
        upstream: { service: 'entra' },
        headers: { 'retry-after': '5' },
      })
    if (!(error instanceof TokenRefused)) return toProblem(error)
    const { failedCheck, message } = error
    if (failedCheck === undefined)
      return make('TOKEN_MISSING', message, { headers: { 'www-authenticate': `${challenge}${pointer}` } })
    const isForbidden = error instanceof AccessForbidden
    const code = isForbidden ? 'insufficient_scope' : 'invalid_token'
    const described = `${challenge}, error="${code}", error_description="${failedCheck}: ${message}"${pointer}`
    return make(isForbidden ? 'FORBIDDEN' : 'TOKEN_REJECTED', message, {
      extensions: { failedCheck },
      headers: { 'www-authenticate': described },
    })
  }
}
