import { createPrivateKey, X509Certificate } from 'node:crypto'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { afterAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../testing/certificate.ts'
import { requestT1 } from '../testing/requests.ts'
import { agentId, blueprintAppId, startEntra, tenantId } from '../testing/start-entra.ts'

const certificate = makeCertificate('blueprint.example')
const key = createPrivateKey(certificate.key)
const { fingerprint256 } = new X509Certificate(certificate.certificate)
const thumbprint256 = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
const entra = await startEntra({ BLUEPRINT_CERTIFICATE_FILE: certificate.certificateFile })
afterAll(async () => {
  await entra.close()
  certificate[Symbol.dispose]()
})

/** An assertion as the sidecar makes it: PS256, with the certificate's SHA-256 thumbprint. */
function makeAssertion(claims: JWTPayload = {}, thumbprint = thumbprint256): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({
    aud: `${entra.url}/${tenantId}/oauth2/v2.0/token`,
    iss: blueprintAppId,
    sub: blueprintAppId,
    nbf: now,
    exp: now + 600,
    ...claims,
  })
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .sign(key)
}

describe('a certificate as the blueprint’s credential', () => {
  it('gets T1 for an assertion signed with its key', async () => {
    const { status, body } = await requestT1(entra, { client_assertion: await makeAssertion() })
    expect(status).toBe(200)
    expect(decodeJwt(body.access_token)).toMatchObject({ azp: blueprintAppId, azpacr: '2' })
  })

  it.each([
    ['of another application', () => makeAssertion({ iss: agentId, sub: agentId }), 700021],
    ['for another audience', () => makeAssertion({ aud: 'https://login.example/token' }), 700023],
    ['that expired', () => makeAssertion({ exp: Math.floor(Date.now() / 1000) - 1 }), 700024],
    ['of a certificate that is not registered', () => makeAssertion({}, 'bm90LXJlZ2lzdGVyZWQ'), 700027],
    ['with a spoilt signature', async () => `${(await makeAssertion()).slice(0, -8)}AAAAAAAA`, 700027],
  ])('gets no token for an assertion %s', async (_what, make, code) => {
    const { status, body } = await requestT1(entra, { client_assertion: await make() })
    expect(status).toBe(401)
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [code] })
  })
})
