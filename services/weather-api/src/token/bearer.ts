import type { ProblemError } from '@entra-bedrock-agent/service-kit'
import { problem } from '../problems.ts'
import type { Identity } from './claims.ts'

/** Tokens of people in very many groups reach about 12 KB; Node itself refuses headers over 16 KiB. */
const longestTokenBytes = 14_000

const realm = 'realm="weather-api"'
const bearerPattern = /^bearer +([\w\-.~+/]+=*)$/i

/** The checks by which a token can fail; `format` stands before all of them. */
export type CheckName =
  | 'format'
  | 'signature'
  | 'issuer'
  | 'audience'
  | 'lifetime'
  | 'tenant'
  | 'caller'
  | 'permission'

/**
 * The bearer token of a request (RFC 6750 §2.1). Only the one `Authorization` header counts; Node keeps the first of
 * several, so the raw headers are counted here.
 *
 * @param rawHeaders names and values in turn, as Node received them
 * @throws {ProblemError} WEATHER_TOKEN_MISSING or WEATHER_TOKEN_REJECTED
 */
export function readBearerToken(rawHeaders: readonly string[]): string {
  let authorization: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length !== 13 || rawHeaders[index]?.toLowerCase() !== 'authorization') continue
    if (authorization !== undefined)
      throw rejectToken('format', 'The request has more than one Authorization header.')
    authorization = rawHeaders[index + 1]
  }
  if (!authorization) throw missingToken('The request has no Authorization header.')
  if (!/^bearer( |$)/i.test(authorization))
    throw missingToken('The Authorization header does not use the scheme Bearer.')
  if (authorization.length > longestTokenBytes) throw rejectToken('format', 'The token is too long.')
  const token = bearerPattern.exec(authorization)?.[1]
  if (!token) throw rejectToken('format', 'The Authorization header does not hold one bearer token.')
  return token
}

/** 401 without an error code, as RFC 6750 §3.1 wants it when no authentication was tried. */
function missingToken(detail: string): ProblemError {
  return problem('WEATHER_TOKEN_MISSING', detail, { headers: { 'www-authenticate': `Bearer ${realm}` } })
}

/**
 * 401 `invalid_token`.
 *
 * @param description a sentence in ASCII without quotation marks: it goes into the challenge as well
 */
export function rejectToken(failedCheck: CheckName, description: string, cause?: unknown): ProblemError {
  return problem('WEATHER_TOKEN_REJECTED', description, {
    cause,
    extensions: { failedCheck },
    headers: { 'www-authenticate': challenge('invalid_token', failedCheck, description) },
  })
}

/**
 * 403 `insufficient_scope`; `description` as for {@link rejectToken}.
 *
 * @param identity whom the token speaks of: for the audit log, not for the answer
 */
export function forbid(
  failedCheck: 'caller' | 'permission',
  description: string,
  identity: Identity,
): ProblemError {
  return problem('WEATHER_FORBIDDEN', description, {
    cause: identity,
    extensions: { failedCheck },
    headers: { 'www-authenticate': challenge('insufficient_scope', failedCheck, description) },
  })
}

function challenge(error: string, failedCheck: CheckName, description: string): string {
  return `Bearer ${realm}, error="${error}", error_description="${failedCheck}: ${description}"`
}
