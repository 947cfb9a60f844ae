import type { Account } from '../account/account.ts'
import { authenticateSignature } from '../identity/authenticate.ts'
import { AuthenticationError } from '../identity/authentication-error.ts'
import type { SignedRequest } from '../signing/signed-request.ts'
import { roleId } from './assume-role-with-web-identity.ts'
import { explainAuthentication } from './sts-error.ts'
import type { XmlContent } from './xml.ts'

/** The action `GetCallerIdentity`: whose credentials signed the request. @throws {StsError} */
export function getCallerIdentity(account: Account, request: SignedRequest): XmlContent {
  try {
    const { arn, policyArn, credential } = authenticateSignature(account, request, 'sts')
    const name = arn.split('/').at(-1) ?? ''
    return {
      Arn: arn,
      UserId: credential === 'session' ? `${roleId(policyArn)}:${name}` : `AIDA${roleId(policyArn).slice(4)}`,
      Account: account.seed.accountId,
    }
  } catch (error) {
    throw error instanceof AuthenticationError ? explainAuthentication(error) : error
  }
}
