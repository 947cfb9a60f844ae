import type { Account } from '../account/account.ts'
import { sessionPrincipal } from '../account/sessions.ts'
import { StsError } from './sts-error.ts'
import { verifyWebIdentityToken } from './web-identity-token.ts'
import type { XmlContent } from './xml.ts'

const minSessionSeconds = 900
/** Both the longest session that AWS allows for a role by default, and the duration if the request names none. */
const maxSessionSeconds = 3_600

/**
 * AssumeRoleWithWebIdentity: exchanges a token of a trusted issuer for temporary credentials of a role.
 *
 * @throws {StsError}
 */
export async function assumeRoleWithWebIdentity(
  account: Account,
  parameters: URLSearchParams,
): Promise<XmlContent> {
  const roleArn = requireParameter(parameters, 'RoleArn', /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/)
  const sessionName = requireParameter(parameters, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/)
  const token = requireParameter(parameters, 'WebIdentityToken', /^.{4,20000}$/)
  const seconds = readDuration(parameters)
  const { issuer, audience, subject } = await verifyWebIdentityToken(account, token)
  if (account.config.role.arn !== roleArn || account.config.role.trust?.subject !== subject)
    throw new StsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403)
  const principal = sessionPrincipal(roleArn, sessionName)
  const session = account.issueSession(principal, seconds)
  return {
    SubjectFromWebIdentityToken: subject,
    Audience: audience,
    AssumedRoleUser: { Arn: principal.arn, AssumedRoleId: `AROAEMULATEDROLE0000:${sessionName}` },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAtMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    },
    Provider: `arn:aws:iam::${account.config.accountId}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`,
  }
}

function requireParameter(parameters: URLSearchParams, name: string, pattern: RegExp): string {
  const value = parameters.get(name) ?? ''
  if (pattern.test(value)) return value
  const member = name.charAt(0).toLowerCase() + name.slice(1)
  throw value === ''
    ? constraintError(`Value null at '${member}'`, 'not be null')
    : constraintError(`Value at '${member}'`, `satisfy regular expression pattern: ${pattern.source}`)
}

function readDuration(parameters: URLSearchParams): number {
  const text = parameters.get('DurationSeconds') ?? String(maxSessionSeconds)
  const seconds = Number(text)
  if (seconds > maxSessionSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  if (seconds >= minSessionSeconds) return seconds
  const rule = `have value greater than or equal to ${minSessionSeconds}`
  throw constraintError(`Value '${text}' at 'durationSeconds'`, rule)
}

const validationError = (message: string) => new StsError('ValidationError', message)

const constraintError = (value: string, rule: string) =>
  validationError(`1 validation error detected: ${value} failed to satisfy constraint: Member must ${rule}`)
