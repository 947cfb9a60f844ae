import { X509Certificate } from 'node:crypto'
import {
  compactVerify,
  decodeJwt,
  decodeProtectedHeader,
  type JWTPayload,
  type ProtectedHeaderParameters,
} from 'jose'
import type { Application } from '../directory/types.ts'
import type { Entra } from '../entra.ts'
import { refusal, timestampOf } from '../errors/entra-error.ts'
import { isWithinLifetime } from '../tokens/verify.ts'
import { checkFederatedCredential } from './federated-credential.ts'

export interface Assertion {
  readonly header: ProtectedHeaderParameters
  readonly claims: JWTPayload
}

/** Takes a JWT apart without trusting it. */
export function readAssertion(jwt: string): Assertion {
  try {
    return { header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) }
  } catch {
    throw refusal(50027, { why: 'it is no signed JWT' })
  }
}

/** Checks an application's client assertion: one that it signed with a certificate, or a federated credential. */
export async function checkAssertion(entra: Entra, jwt: string, application: Application): Promise<void> {
  const assertion = readAssertion(jwt)
  const { header, claims } = assertion
  const hasThumbprint = header.x5t !== undefined || header['x5t#S256'] !== undefined
  // An application names itself as the issuer, another issuer has a URL.
  const signedByCertificate =
    claims.iss === application.appId || (hasThumbprint && !URL.canParse(claims.iss ?? ''))
  return signedByCertificate
    ? checkCertificateAssertion(entra, jwt, assertion, application)
    : checkFederatedCredential(entra, jwt, assertion, application)
}

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
async function checkCertificateAssertion(
  entra: Entra,
  jwt: string,
  { header, claims }: Assertion,
  application: Application,
): Promise<void> {
  const { appId } = application
  if (claims.iss !== appId || claims.sub !== appId) throw refusal(700021, { client: appId })
  const audiences = [claims.aud].flat()
  const realm = `${entra.publicUrl}/${entra.config.tenantId}`
  const accepted = [`${realm}/oauth2/v2.0/token`, `${realm}/oauth2/token`, `${realm}/v2.0`]
  if (!audiences.some(audience => accepted.includes(audience ?? '')))
    throw refusal(700023, { audience: audiences.join(' ') })
  const key = String(header['x5t#S256'] ?? header.x5t ?? header.kid ?? '')
  const certificate = application.keyCredentials
    .map(({ certificatePem }) => new X509Certificate(certificatePem))
    .find(({ fingerprint, fingerprint256 }) => [fingerprint, fingerprint256].map(toBase64Url).includes(key))
  if (!certificate) throw refusal(700027, { key })
  try {
    await compactVerify(jwt, certificate.publicKey, { algorithms: ['RS256', 'PS256'] })
  } catch {
    throw refusal(700027, { key })
  }
  if (!isWithinLifetime(entra, claims)) refuseOutOfTime(entra, claims)
}

export function refuseOutOfTime(entra: Entra, { exp }: JWTPayload): never {
  throw refusal(700024, {
    now: timestampOf(entra.clock.nowMs()),
    expiry: exp === undefined ? 'none' : timestampOf(exp * 1000),
  })
}

function toBase64Url(fingerprint: string): string {
  return Buffer.from(fingerprint.replaceAll(':', ''), 'hex').toString('base64url')
}
