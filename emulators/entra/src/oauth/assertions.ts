import { X509Certificate } from 'node:crypto'
import * as wellKnown from '@entra-agents/trace/well-known'
import { compactVerify, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import type { Application, ServicePrincipal } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { EntraError, refusal, timestampOf } from '../errors/entra-error.ts'
import { exchangeSubject, federationClaim } from '../tokens/access-token.ts'
import { isWithinLifetime, readOwnToken } from '../tokens/jwt.ts'

type Assertion = Readonly<ReturnType<typeof readAssertion>>

/** Reads a JWT that a client sent as an assertion (RFC 7523). */
export function readAssertion(jwt: string) {
  try {
    return { jwt, header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) }
  } catch {
    throw refusal(50027, { why: 'it is no signed JWT' })
  }
}

export function checkLifetime(entra: Entra, claims: JWTPayload, code: 700024 | 500133): void {
  if (isWithinLifetime(entra, claims)) return
  const { exp } = claims
  throw refusal(code, {
    now: timestampOf(entra.clock.nowMs()),
    expiry: exp === undefined ? 'none' : timestampOf(exp * 1000),
  })
}

/** Checks an application's client assertion, which is signed with its certificate or is a token of another issuer. */
export async function checkClientAssertion(entra: Entra, jwt: string, application: Application) {
  const assertion = readAssertion(jwt)
  const { header, claims } = assertion
  const hasThumbprint = header.x5t !== undefined || header['x5t#S256'] !== undefined
  // An assertion that a certificate signed names the application as issuer; every other issuer is a URL.
  const isCertificate = claims.iss === application.appId || (hasThumbprint && !URL.canParse(claims.iss ?? ''))
  if (isCertificate) await checkCertificate(entra, assertion, application)
  else await checkFederatedCredential(entra, assertion, application)
  checkLifetime(entra, claims, 700024)
  return isCertificate ? 'certificate' : 'federation'
}

/** https://learn.microsoft.com/entra/identity-platform/certificate-credentials */
async function checkCertificate(
  entra: Entra,
  { jwt, header, claims }: Assertion,
  { appId, certificates }: Application,
): Promise<void> {
  if (claims.iss !== appId || claims.sub !== appId) throw refusal(700021, { client: appId })
  const audiences = [claims.aud].flat()
  const realm = `${entra.publicUrl}/${entra.config.tenantId}`
  const accepted = [`${realm}/oauth2/v2.0/token`, `${realm}/oauth2/token`, `${realm}/v2.0`]
  if (!audiences.some(audience => accepted.includes(audience ?? '')))
    throw refusal(700023, { audience: audiences.join(' ') })
  const key = String(header['x5t#S256'] ?? header.x5t ?? header.kid ?? '')
  // Some libraries send plain base64, and some pad base64url: Node decodes all three alike.
  const thumbprint = Buffer.from(key, 'base64').toString('hex')
  const certificate = certificates
    .map(pem => new X509Certificate(pem))
    .find(({ fingerprint, fingerprint256 }) =>
      [fingerprint, fingerprint256].some(one => one.replaceAll(':', '').toLowerCase() === thumbprint),
    )
  if (!certificate) throw refusal(700027, { key })
  try {
    await compactVerify(jwt, certificate.publicKey, { algorithms: ['RS256', 'PS256'] })
  } catch {
    throw refusal(700027, { key })
  }
}

/**
 * Checks another issuer's token: issuer, subject and audience of a federated credential must match, then the issuer's signature
 * (https://learn.microsoft.com/entra/workload-id/workload-identity-federation).
 */
async function checkFederatedCredential(entra: Entra, { jwt, claims }: Assertion, application: Application) {
  const issuer = claims.iss ?? ''
  const own = await readOwnToken(entra, jwt)
  if (own) throw refusal(own[federationClaim] === undefined ? 700222 : 700231)
  requireMatchingCredential(claims, application)
  try {
    await compactVerify(jwt, entra.issuers.keysOf(issuer), { algorithms: ['RS256'] })
  } catch (error) {
    throw error instanceof EntraError ? error : refusal(7000274, { issuer })
  }
}

function requireMatchingCredential(claims: JWTPayload, { federatedIdentityCredentials }: Application): void {
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

/** Checks that T1 is for the token exchange, and that this tenant issued it to the agent's blueprint for this agent. */
export async function checkExchangeToken(entra: Entra, jwt: string, agent: ServicePrincipal): Promise<void> {
  const { header, claims } = readAssertion(jwt)
  if (claims.iss !== entra.issuerV1) throw refusal(700211, { issuer: claims.iss ?? '' })
  if (!(await readOwnToken(entra, jwt))) throw refusal(700027, { key: header.kid ?? '' })
  if (claims.aud !== wellKnown.tokenExchangeAudience) throw refusal(700212, { audience: String(claims.aud) })
  const blueprintId = agent.agentIdentityBlueprintId ?? ''
  if (claims.sub !== exchangeSubject(entra, blueprintId, agent.id))
    throw refusal(claims['azp'] === blueprintId ? 7002137 : 700213, { subject: claims.sub ?? '' })
  checkLifetime(entra, claims, 700024)
}
