import { compactVerify, type JWTPayload } from 'jose'
import type { Application } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { isWithinLifetime } from '../tokens/verify.ts'
import { type Assertion, refuseOutOfTime } from './client-assertion.ts'

/**
 * Checks a token of another issuer against the application's federated credentials: issuer, subject and audience
 * to the letter, then the signature by the issuer's published keys
 * (https://learn.microsoft.com/entra/workload-id/workload-identity-federation).
 */
export async function checkFederatedCredential(
  entra: Entra,
  jwt: string,
  { header, claims }: Assertion,
  application: Application,
): Promise<void> {
  const issuer = claims.iss ?? ''
  if (isIssuedByEntra(entra, issuer)) throw refusal(700222)
  matchCredential(claims, application)
  const key = await entra.federatedIssuers.findKey(issuer, header.kid)
  try {
    await compactVerify(jwt, key, { algorithms: ['RS256'] })
  } catch {
    throw refusal(7000274, { issuer })
  }
  if (!isWithinLifetime(entra, claims)) refuseOutOfTime(entra, claims)
}

function matchCredential(claims: JWTPayload, { federatedIdentityCredentials }: Application): void {
  const { iss = '', sub = '' } = claims
  const audiences = [claims.aud ?? []].flat()
  const details = { issuer: iss, subject: sub, audience: audiences.join(' ') }
  if (federatedIdentityCredentials.length === 0) throw refusal(70021, details)
  const ofIssuer = federatedIdentityCredentials.filter(({ issuer }) => issuer === iss)
  if (ofIssuer.length === 0) throw refusal(700211, details)
  const ofSubject = ofIssuer.filter(({ subject }) => subject === sub)
  if (ofSubject.length === 0) throw refusal(700213, details)
  if (!ofSubject.some(credential => audiences.some(audience => credential.audiences.includes(audience))))
    throw refusal(700212, details)
}

function isIssuedByEntra(entra: Entra, issuer: string): boolean {
  const url = URL.parse(issuer)
  return (
    issuer === entra.issuerV2 ||
    url?.hostname === 'sts.windows.net' ||
    url?.hostname === 'login.microsoftonline.com'
  )
}
