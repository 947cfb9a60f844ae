import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose'
import type { Account } from '../account/account.ts'
import { fetchIssuerKeys, noKeys } from './issuer-keys.ts'
import { invalidIdentityToken, StsError } from './sts-error.ts'

/** What a verified web identity token says of its bearer. */
export interface WebIdentity {
  readonly issuer: string
  readonly subject: string
  readonly audience: string
}

/**
 * Verifies a web identity token against the issuer that the account's role trusts.
 *
 * @throws {StsError} in the words of STS
 */
export async function verifyWebIdentityToken(account: Account, token: string): Promise<WebIdentity> {
  const claims = decode(token)
  const issuer = required(claims, 'iss')
  const subject = required(claims, 'sub')
  const { trust } = account.role
  if (trust?.issuer !== issuer) {
    throw invalidIdentityToken(`No OpenIDConnect provider found in your account for ${issuer}`)
  }
  const { audience } = trust
  if (![claims.aud].flat().includes(audience)) throw invalidIdentityToken('Incorrect token audience')
  const keys = await fetchIssuerKeys(issuer)
  try {
    await jwtVerify(token, keys, {
      algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
      currentDate: new Date(account.nowMs()),
      requiredClaims: ['exp', 'iat'],
    })
  } catch (error) {
    throw explain(error, Math.floor(account.nowMs() / 1000))
  }
  return { issuer, subject, audience }
}

function decode(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch {
    throw invalidIdentityToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    )
  }
}

function required(claims: JWTPayload, name: 'iss' | 'sub'): string {
  const value = claims[name]
  if (typeof value === 'string' && value !== '') return value
  throw invalidIdentityToken(`Missing a required claim: ${name}`)
}

function explain(error: unknown, nowSeconds: number): StsError {
  if (error instanceof errors.JWTExpired) {
    return new StsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${nowSeconds} must be before the expiration date/time ${error.payload.exp}`,
    )
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalidIdentityToken(
      error.reason === 'missing'
        ? `Missing a required claim: ${error.claim}`
        : `The token is not valid: ${error.message}`,
    )
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
    return noKeys()
  return invalidIdentityToken(
    'Provided Token is not a Login With Web Identity token: signature verification failed',
  )
}
