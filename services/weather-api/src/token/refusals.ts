import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'

/** The checks that a token can pass or fail. */
export type CheckName = 'signature' | 'issuer' | 'tenant' | 'audience' | 'lifetime' | 'caller' | 'permission'

const realm = 'realm="weather-api"'

/** 401 without an error code, as RFC 6750 §3.1 wants it when no authentication was tried. */
export function missingToken(detail: string): ProblemError {
  return problem('WEATHER_TOKEN_MISSING', detail, { headers: { 'www-authenticate': `Bearer ${realm}` } })
}

/**
 * 401 `invalid_token`.
 *
 * @param failedCheck `format` stands for everything that keeps a token from being checked at all
 * @param description a sentence in ASCII without quotation marks: it goes into the challenge as well
 */
export function rejectToken(failedCheck: CheckName | 'format', description: string): ProblemError {
  return problem('WEATHER_TOKEN_REJECTED', description, refusal('invalid_token', failedCheck, description))
}

/** 403 `insufficient_scope`; `description` as for {@link rejectToken}. */
export function forbid(failedCheck: CheckName, description: string): ProblemError {
  return problem('WEATHER_FORBIDDEN', description, refusal('insufficient_scope', failedCheck, description))
}

function refusal(error: string, failedCheck: string, description: string) {
  const challenge = `Bearer ${realm}, error="${error}", error_description="${failedCheck}: ${description}"`
  return { extensions: { failedCheck }, headers: { 'www-authenticate': challenge } }
}
