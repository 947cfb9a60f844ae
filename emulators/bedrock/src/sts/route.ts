import type { FastifyInstance } from 'fastify'
import type { Account } from '../account/account.ts'
import { roleId, sessionPrincipal } from '../account/sessions.ts'
import type { Controls } from '../control/controls.ts'
import type { RecordedCall } from '../logs/cloud-trail.ts'
import { StsError } from './sts-error.ts'
import { verifyWebIdentityToken } from './web-identity-token.ts'

const onlyAction = 'AssumeRoleWithWebIdentity'
const onlyVersion = '2011-06-15'

/** AWS STS: the query protocol on `POST /`, with responses in XML. */
export function addStsRoute(
  app: FastifyInstance,
  { account, controls }: { readonly account: Account; readonly controls: Controls },
): void {
  app.post<{ Body: Buffer | undefined }>('/', async (request, reply) => {
    const parameters = new URLSearchParams(request.body?.toString('utf8'))
    const [action, version] = [parameters.get('Action') ?? '', parameters.get('Version')]
    controls.requests.note(request, { operation: action })
    reply.header('x-amzn-requestid', request.id).type('text/xml')
    if (action !== onlyAction || version !== onlyVersion)
      throw new StsError(
        'InvalidAction',
        `Could not find operation ${action} for version ${version ?? 'NO_VERSION_SPECIFIED'}`,
      )
    const result = await assumeRoleWithWebIdentity(account, parameters, call =>
      controls.trail.note(request, { eventSource: 'sts.amazonaws.com', eventName: action, ...call }),
    )
    controls.trail.end(request, { responseElements: responseElementsOf(result) })
    const content = { [`${action}Result`]: result, ResponseMetadata: { RequestId: request.id } }
    return xmlDocument(`${action}Response`, content)
  })
  app.setErrorHandler((error, request, reply) => {
    const known =
      error instanceof StsError
        ? error
        : new StsError('InternalFailure', 'The emulator itself failed; see its log.', 500)
    if (known !== error) request.log.error({ err: error }, 'The emulator failed.')
    controls.requests.note(request, { error: known.code })
    controls.trail.end(request, { errorCode: known.code, errorMessage: known.message })
    const content = {
      Error: { Type: 'Sender', Code: known.code, Message: known.message },
      RequestId: request.id,
    }
    return reply.code(known.status).type('text/xml').send(xmlDocument('ErrorResponse', content))
  })
}

const minSessionSeconds = 900
/** Both the longest session that AWS allows for a role by default, and the duration if the request names none. */
const maxSessionSeconds = 3_600

/**
 * AssumeRoleWithWebIdentity: exchanges a token of a trusted issuer for temporary credentials of a role.
 *
 * @param note is called with what CloudTrail is to know; with the token's user once the token has been verified
 * @throws {StsError}
 */
async function assumeRoleWithWebIdentity(
  account: Account,
  parameters: URLSearchParams,
  note: (call: Pick<RecordedCall, 'userIdentity' | 'requestParameters' | 'resources'>) => void,
) {
  const roleArn = requireParameter(parameters, 'RoleArn', /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/)
  const sessionName = requireParameter(parameters, 'RoleSessionName', /^[\w+=,.@-]{2,64}$/)
  const token = requireParameter(parameters, 'WebIdentityToken', /^.{4,20000}$/)
  const seconds = readDuration(parameters)
  const asked = {
    requestParameters: { roleArn, roleSessionName: sessionName, durationSeconds: seconds },
    resources: [{ accountId: roleArn.split(':')[4], type: 'AWS::IAM::Role', ARN: roleArn }],
  }
  note({ ...asked, userIdentity: { type: 'WebIdentityUser' } })
  const { issuer, audience, subject } = await verifyWebIdentityToken(account, token)
  const provider = `arn:aws:iam::${account.config.accountId}:oidc-provider/${issuer.replace(/^https?:\/\//, '')}`
  const principalId = `${provider}:${audience}:${subject}`
  const user = { principalId, userName: subject, identityProvider: provider }
  note({ ...asked, userIdentity: { type: 'WebIdentityUser', ...user } })
  if (account.config.role.arn !== roleArn || account.config.role.trust?.subject !== subject)
    throw new StsError('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403)
  const federation = { provider, creationDate: account.clock.timestamp() }
  const principal = { ...sessionPrincipal(roleArn, sessionName), federation }
  const session = account.issueSession(principal, seconds)
  return {
    SubjectFromWebIdentityToken: subject,
    Audience: audience,
    AssumedRoleUser: { Arn: principal.arn, AssumedRoleId: `${roleId}:${sessionName}` },
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: new Date(session.expiresAtMs).toISOString().replace(/\.\d{3}Z$/, 'Z'),
    },
    Provider: provider,
  }
}

/** Of the credentials only what is no secret: CloudTrail itself shows the session token, too. */
function responseElementsOf(result: Awaited<ReturnType<typeof assumeRoleWithWebIdentity>>) {
  const { SubjectFromWebIdentityToken, Audience, AssumedRoleUser, Credentials, Provider } = result
  return {
    ...{ subjectFromWebIdentityToken: SubjectFromWebIdentityToken, audience: Audience, provider: Provider },
    assumedRoleUser: { arn: AssumedRoleUser.Arn, assumedRoleId: AssumedRoleUser.AssumedRoleId },
    credentials: { accessKeyId: Credentials.AccessKeyId, expiration: Credentials.Expiration },
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

/** Text, or elements by name. */
type XmlContent = string | { readonly [element: string]: XmlContent }

/** A document of STS's query protocol. */
function xmlDocument(name: string, content: XmlContent): string {
  return `<${name} xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${toXml(content)}</${name}>\n`
}

function toXml(content: XmlContent): string {
  if (typeof content === 'string')
    return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return Object.entries(content)
    .map(([name, inner]) => `<${name}>${toXml(inner)}</${name}>`)
    .join('')
}
