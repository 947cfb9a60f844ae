import type { Account } from '../account/account.ts'
import type { Principal } from '../account/sessions.ts'
import { BedrockError, type BedrockErrorName } from '../wire/bedrock-error.ts'
import { findSignatureFault, type ReceivedRequest, readAuthorization } from './verify-signature.ts'

/** The caller, and the kind of credential that they used. */
export interface Caller extends Principal {
  readonly credential: 'access-key' | 'api-key'
  /** `undefined` for an API key. */
  readonly accessKeyId?: string
}

/**
 * Authenticates the caller of Bedrock: by Signature Version 4, or by an Amazon Bedrock API key as bearer token.
 *
 * @throws {BedrockError} with AWS's text
 */
export async function authenticate(account: Account, request: ReceivedRequest): Promise<Caller> {
  const header = request.headers['authorization']
  if (!header) throw authError('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const apiKey = /^Bearer +(.*)$/i.exec(header)?.[1]
  return apiKey === undefined
    ? authenticateSignature(account, request, header)
    : authenticateApiKey(account, apiKey)
}

function authenticateApiKey(account: Account, key: string): Caller {
  const apiKey = account.findApiKey(key)
  const isValid =
    apiKey !== undefined &&
    (apiKey.region ?? account.config.region) === account.config.region &&
    account.clock.nowMs() < (apiKey.expiresAtMs ?? Infinity)
  if (isValid) return { ...apiKey.principal, credential: 'api-key' }
  throw new BedrockError(
    'AccessDeniedException',
    'Authentication failed: Please make sure your API Key is valid.',
    'authorisation',
  )
}

async function authenticateSignature(
  account: Account,
  request: ReceivedRequest,
  header: string,
): Promise<Caller> {
  const authorization = readAuthorization(header)
  if (!authorization)
    throw authError('IncompleteSignatureException', 'Emulator: the header is none of Signature Version 4.')
  const nowMs = account.clock.nowMs()
  const key = account.findAccessKey(authorization.accessKeyId, request.headers['x-amz-security-token'])
  if (!key)
    throw authError('UnrecognizedClientException', 'The security token included in the request is invalid.')
  if (nowMs >= (key.expiresAtMs ?? Infinity))
    throw authError('ExpiredTokenException', 'The security token included in the request is expired')
  const scope = { region: account.config.region, service: 'bedrock' }
  const fault = await findSignatureFault(request, authorization, key.secretAccessKey, scope, nowMs)
  if (fault !== undefined) throw authError('InvalidSignatureException', fault)
  return { ...key.principal, credential: 'access-key', accessKeyId: key.accessKeyId }
}

function authError(name: BedrockErrorName, message: string): BedrockError {
  return new BedrockError(name, message, 'front')
}
