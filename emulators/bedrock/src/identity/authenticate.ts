import type { Account } from '../account/account.ts'
import { readAuthorization, type SignatureV4Authorization } from '../signing/authorization.ts'
import { headerOf, type SignedRequest } from '../signing/signed-request.ts'
import { findSignatureFault } from '../signing/verify-signature.ts'
import { AuthenticationError } from './authentication-error.ts'
import type { Caller } from './principal.ts'

const unknownToken = 'The security token included in the request is invalid.'

/**
 * Who signed a request with Signature Version 4.
 *
 * @throws {AuthenticationError}
 */
export function authenticateSignature(
  account: Account,
  request: SignedRequest,
  service: 'bedrock' | 'sts',
): Caller {
  const header = headerOf(request, 'authorization')
  if (header === undefined) throw new AuthenticationError('missing', 'Missing Authentication Token')
  const authorization = readAuthorization(header)
  if (authorization === undefined) {
    throw new AuthenticationError(
      'incomplete',
      `Unsupported authorization type: '${header.split(' ', 1)[0]}'`,
    )
  }
  if (typeof authorization === 'string') throw new AuthenticationError('incomplete', authorization)
  const key = findKey(account, authorization, headerOf(request, 'x-amz-security-token'))
  const scope = { region: account.seed.region, service }
  const fault = findSignatureFault(request, authorization, key.secret, scope, account.clock.nowMs())
  if (fault !== undefined) throw new AuthenticationError('bad-signature', fault)
  return key.caller
}

/**
 * Who calls Bedrock: by signature, or by an Amazon Bedrock API key as bearer token.
 *
 * @throws {AuthenticationError}
 */
export function authenticateForBedrock(account: Account, request: SignedRequest): Caller {
  const apiKey = /^Bearer +(.*)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1]
  if (apiKey === undefined) return authenticateSignature(account, request, 'bedrock')
  const known = account.seed.apiKeys.find(({ key }) => key === apiKey)
  const isValid =
    known !== undefined &&
    (known.region ?? account.seed.region) === account.seed.region &&
    account.clock.nowMs() < (known.expiresAtMs ?? Number.POSITIVE_INFINITY)
  if (!isValid) {
    throw new AuthenticationError(
      'bad-api-key',
      'Authentication failed: Please make sure your API Key is valid.',
    )
  }
  return { ...known.principal, credential: 'api-key' }
}

function findKey(
  account: Account,
  { accessKeyId }: SignatureV4Authorization,
  sessionToken: string | undefined,
): { secret: string; caller: Caller } {
  const seeded = account.seed.accessKeys.find(key => key.accessKeyId === accessKeyId)
  if (seeded) {
    if (seeded.sessionToken !== sessionToken) throw new AuthenticationError('unknown-key', unknownToken)
    if (account.clock.nowMs() >= (seeded.expiresAtMs ?? Number.POSITIVE_INFINITY)) throw expiredSession()
    const credential = seeded.sessionToken === undefined ? 'access-key' : 'session'
    return { secret: seeded.secretAccessKey, caller: { ...seeded.principal, credential } }
  }
  const session = sessionToken && account.openSession(sessionToken, accessKeyId)
  if (!session) throw new AuthenticationError('unknown-key', unknownToken)
  if (session.isOver) throw expiredSession()
  return { secret: session.secretAccessKey, caller: { ...session.principal, credential: 'session' } }
}

function expiredSession(): AuthenticationError {
  return new AuthenticationError('expired-session', 'The security token included in the request is expired')
}
