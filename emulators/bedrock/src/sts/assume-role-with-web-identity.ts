import type { Account } from '../account/account.ts'
import { sessionPrincipal } from '../account/principal.ts'
import { StsError, validationError } from './sts-error.ts'
import { verifyWebIdentityToken } from './web-identity-token.ts'
import type { XmlContent } from './xml.ts'

const shortestSessionSeconds = 900
const longestSessionSeconds = 43_200
/** What roles allow unless they are told otherwise; also what is issued unless something else is asked for. */
const maxSessionSeconds = 3_600

/** The action of the same name: exchanges a token of a trusted issuer for temporary credentials of a role. @throws {StsError} */
export async function assumeRoleWithWebIdentity(
  account: Account,
  parameters: URLSearchParams,
): Promise<XmlContent> {
  const roleArn = required(parameters, 'RoleArn', 'roleArn', /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/)
  const sessionName = required(parameters, 'RoleSessionName', 'roleSessionName', /^[\w+=,.@-]{2,64}$/)
  const token = required(parameters, 'WebIdentityToken', 'webIdentityToken', /^.{4,20000}$/)
  const seconds = readDuration(parameters)
  const identity = await verifyWebIdentityToken(account, token)

  const { role } = account
  if (role.arn !== roleArn || role.trust?.subject !== identity.subject) {
    throw new StsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403)
  }
  if (seconds > maxSessionSeconds) {
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.')
  }
  const principal = sessionPrincipal(roleArn, sessionName)
  const session = account.issueSession(principal, seconds)
  return {
    SubjectFromWebIdentityToken: identity.subject,
    Audience: identity.audience,
    AssumedRoleUser: { Arn: principal.arn, AssumedRoleId: `${roleId(roleArn)}:${sessionName}` },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAtMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    },
    Provider: `arn:aws:iam::${account.id}:oidc-provider/${identity.issuer.replace(/^https?:\/\//, '')}`,
  }
}

/** An id in the form of AWS's, the same for the same role. */
function roleId(roleArn: string): string {
  const name = roleArn.replace(/[^A-Za-z0-9]/g, '').toUpperCase()
  return `AROA${name.slice(-16).padStart(16, 'X')}`
}

function required(parameters: URLSearchParams, name: string, member: string, pattern: RegExp): string {
  const value = parameters.get(name)
  if (value === null || value === '') {
    throw validationError(
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    )
  }
  if (pattern.test(value)) return value
  const shown = name === 'WebIdentityToken' ? '' : ` '${value}'`
  throw validationError(
    `1 validation error detected: Value${shown} at '${member}' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
  )
}

function readDuration(parameters: URLSearchParams): number {
  const text = parameters.get('DurationSeconds')
  if (text === null) return maxSessionSeconds
  const seconds = Number(text)
  if (seconds >= shortestSessionSeconds && seconds <= longestSessionSeconds) return seconds
  const [word, bound] =
    seconds > longestSessionSeconds ? ['less', longestSessionSeconds] : ['greater', shortestSessionSeconds]
  throw validationError(
    `1 validation error detected: Value '${text}' at 'durationSeconds' failed to satisfy constraint: Member must have value ${word} than or equal to ${bound}`,
  )
}
