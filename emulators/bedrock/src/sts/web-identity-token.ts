import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import type { Account } from '../account/account.ts'
import { invalidToken, StsError } from './sts-error.ts'

const fetchTimeoutMs = 5_000

/**
 * Verifies a web identity token against the issuer that the account's role trusts.
 *
 * @returns the claims that identify its subject
 * @throws {StsError} with STS's own text for the refusal
 */
export async function verifyWebIdentityToken(account: Account, token: string) {
  const { aud, iss, sub = '' } = decodeClaims(token)
  const { trust } = account.config.role
  if (!trust || trust.issuer !== iss)
    throw invalidToken(`No OpenIDConnect provider found in your account for ${iss}`)
  if (![aud].flat().includes(trust.audience)) throw invalidToken('Incorrect token audience')
  const keys = await fetchIssuerKeys(trust.issuer)
  try {
    await jwtVerify(token, keys, {
      algorithms: ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512'],
      currentDate: new Date(account.clock.nowMs()),
      requiredClaims: ['sub', 'exp', 'iat'],
    })
  } catch (error) {
    throw toStsError(error, account.clock.nowSeconds())
  }
  return { issuer: trust.issuer, audience: trust.audience, subject: sub }
}

function decodeClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token)
  } catch {
    throw invalidToken(
      'The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)',
    )
  }
}

function toStsError(error: unknown, nowSeconds: number): StsError {
  if (error instanceof errors.JWTExpired)
    return new StsError(
      'ExpiredTokenException',
      `Token expired: current date/time ${nowSeconds} must be before the expiration date/time ${error.payload.exp}`,
    )
  if (error instanceof errors.JWTClaimValidationFailed)
    return invalidToken(
      error.reason === 'missing'
        ? `Missing a required claim: ${error.claim}`
        : `The token is not valid: ${error.message}`,
    )
  if (error instanceof errors.JWKSNoMatchingKey) return noKeysError()
  return invalidToken('Provided Token is not a Login With Web Identity token: signature verification failed')
}

/**
 * The published keys of an issuer, found by its discovery document (OpenID Connect Discovery 1.0 §4).
 * They are fetched for every exchange, as exchanges are rare and keys rotate.
 *
 * @throws {StsError} when the issuer is out of reach or serves no usable keys
 */
async function fetchIssuerKeys(issuer: string): Promise<ReturnType<typeof createLocalJWKSet>> {
  try {
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const discovery = await fetchJson<{ issuer: string; jwks_uri: string }>(url)
    if (discovery.issuer !== issuer) throw noKeysError()
    return createLocalJWKSet(await fetchJson<JSONWebKeySet>(discovery.jwks_uri))
  } catch (error) {
    throw error instanceof StsError ? error : noKeysError()
  }
}

const noKeysError = () =>
  invalidToken(
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
  )

/** The caller has to validate the document. */
async function fetchJson<Expected>(url: string): Promise<Expected> {
  const signal = AbortSignal.timeout(fetchTimeoutMs)
  const response = await fetch(url, { redirect: 'error', signal }).catch(() => {
    throw new StsError(
      'IDPCommunicationError',
      'The identity provider that was asked to verify the incoming identity token could not be reached.',
    )
  })
  if (!response.ok) throw noKeysError()
  return (await response.json()) as Expected
}
