import { createPrivateKey, X509Certificate } from 'node:crypto'
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeEach, expect, it, vi } from 'vitest'
import { makeCertificate } from '../testing/certificate.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import { startForeignIssuer } from '../testing/foreign-issuer.ts'
import { requestCustomToken, requestT1, requestTr } from '../testing/requests.ts'
import { agentId, blueprintAppId, startEntra, type TestEntra, tenantId } from '../testing/start-entra.ts'

const subject = 'system:serviceaccount:weather:agent'
const audience = 'api://AzureADTokenExchange'
const certificate = makeCertificate('blueprint.example')
const issuer = await startForeignIssuer()
const start = () =>
  startEntra({
    BLUEPRINT_CERTIFICATE_FILE: certificate.certificateFile,
    FEDERATED_ISSUER: issuer.url,
    FEDERATED_SUBJECT: subject,
  })
const entra = await start()
afterAll(async () => {
  certificate[Symbol.dispose]()
  await Promise.all([issuer.close(), entra.close()])
})
beforeEach(() => {
  issuer.seen.length = 0
})

const nowSeconds = () => Math.floor(Date.now() / 1000)
const lifetime = () => ({ iat: nowSeconds(), nbf: nowSeconds(), exp: nowSeconds() + 600 })

/** A token of a pod, whose issuer is a cluster. */
const podToken = (claims: Record<string, unknown> = {}, kid?: string) =>
  issuer.sign({ sub: subject, aud: [audience], ...lifetime(), ...claims }, kid)

const thumbprintAs = (encoding: BufferEncoding) => {
  const { fingerprint256 } = new X509Certificate(certificate.certificate)
  return Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString(encoding)
}

/** An assertion as the sidecar makes it: PS256, with the certificate's SHA-256 thumbprint. */
function signedAssertion(claims: JWTPayload = {}, thumbprint = thumbprintAs('base64url')): Promise<string> {
  const address = `${entra.url}/${tenantId}/oauth2/v2.0/token`
  return new SignJWT({ aud: address, iss: blueprintAppId, sub: blueprintAppId, ...lifetime(), ...claims })
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint })
    .sign(createPrivateKey(certificate.key))
}

/** The token with one character of its signature changed. */
function spoilSignature(jwt: string): string {
  const start = jwt.lastIndexOf('.') + 1
  return `${jwt.slice(0, start)}${jwt[start] === 'A' ? 'B' : 'A'}${jwt.slice(start + 1)}`
}

const requestT1With = async (assertion: string | Promise<string>, at = entra) =>
  requestT1(at, { client_assertion: await assertion })

it.each([
  ['a pod’s token', podToken],
  ['an assertion that its certificate signed', signedAssertion],
  [
    'an assertion whose thumbprint is plain base64, as MSAL for Go and Java send it',
    () => signedAssertion({}, thumbprintAs('base64')),
  ],
  [
    'an assertion whose thumbprint is padded, as MSAL for Python sends it',
    () => signedAssertion({}, `${thumbprintAs('base64url')}=`),
  ],
])('the blueprint gets T1, and with it the agent’s token, for %s', async (_what, make) => {
  const { access_token: t1 } = (await requestT1With(make())).body
  expect(decodeJwt(t1)).toMatchObject({ azp: blueprintAppId, azpacr: '2' })
  expect((await requestTr(entra, { client_assertion: t1 })).status).toBe(200)
})

it('each unsuitable assertion is refused in Entra’s words, and of mismatches the issuer learns nothing', async () => {
  const refusedAtOnce = await describeResponses(entra, {
    'signed by the certificate for another application': () =>
      requestT1With(signedAssertion({ iss: agentId, sub: agentId })),
    'signed for another audience': () =>
      requestT1With(signedAssertion({ aud: 'https://login.example/token' })),
    'signed, but expired': () => requestT1With(signedAssertion({ exp: nowSeconds() - 1 })),
    'of a certificate that is not registered': () =>
      requestT1With(signedAssertion({}, 'bm90LXJlZ2lzdGVyZWQ')),
    'with a spoilt signature of the certificate': async () =>
      requestT1With(spoilSignature(await signedAssertion())),
    'no JWT': () => requestT1With('garbage'),
    'issued by Entra itself': () =>
      requestT1With(requestCustomToken(entra, { client: blueprintAppId, resource: audience })),
    'of an issuer with another ending': () => requestT1With(podToken({ iss: `${issuer.url}/` })),
    'of an issuer in another case': () => requestT1With(podToken({ iss: issuer.url.toLowerCase() })),
    'of no issuer': () => requestT1With(podToken({ iss: '' })),
    'of another service account': () => requestT1With(podToken({ sub: `${subject}2` })),
    'of a subject in another case': () => requestT1With(podToken({ sub: subject.toUpperCase() })),
    'of a subject with a space': () => requestT1With(podToken({ sub: `${subject} ` })),
    'of a pod for another audience': () => requestT1With(podToken({ aud: 'sts.amazonaws.com' })),
    'for an audience in another case': () => requestT1With(podToken({ aud: audience.toLowerCase() })),
    'for no audience': () => requestT1With(podToken({ aud: [] })),
    'of a pod, but without any federated credential': () => {
      entra.entra.directory.application(blueprintAppId)?.federatedIdentityCredentials.splice(0)
      return requestT1With(podToken())
    },
  })
  expect(issuer.seen).toEqual([])
  const refusedLater = await describeResponses(entra, {
    expired: () => requestT1With(podToken({ exp: nowSeconds() - 1 })),
    'not yet valid': () => requestT1With(podToken({ nbf: nowSeconds() + 900 })),
    'without an end': () => requestT1With(podToken({ exp: undefined })),
    'with a spoilt signature': async () => requestT1With(spoilSignature(await podToken())),
    'signed by a key that the issuer does not publish': () => requestT1With(podToken({}, 'never-published')),
    'issued by Entra for another federated credential': async () =>
      requestT1With((await requestT1With(podToken())).body.access_token),
  })
  const answers = `${refusedAtOnce}${refusedLater}`.replaceAll(new RegExp(issuer.url, 'gi'), '<cluster>')
  await expect(answers).toMatchFileSnapshot('client-assertions.txt')
})

it('the issuer’s keys are fetched once for many tokens and made-up key ids, and later again for an unknown key id', async () => {
  await using fresh: TestEntra = await start()
  for (const kid of [undefined, undefined, 'made-up-1', 'made-up-2'])
    await requestT1With(podToken({}, kid), fresh)
  expect(issuer.seen).toEqual(['/Cluster-1/.well-known/openid-configuration', '/Cluster-1/jwks'])
  await issuer.rotate('second')
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10_000 })
  expect((await requestT1With(podToken(), fresh)).status).toBe(200)
  vi.useRealTimers()
  expect(issuer.seen).toHaveLength(3)
})

it('keys that cannot be fetched cause AADSTS50166, as does a discovery document of another issuer, and are fetched again for the next token', async () => {
  await using fresh: TestEntra = await start()
  const codesOf = async () => (await requestT1With(podToken(), fresh)).body.error_codes
  issuer.failWith = 500
  expect(await codesOf()).toEqual([50166])
  issuer.failWith = undefined
  issuer.discovery['issuer'] = 'https://somebody.example'
  expect(await codesOf()).toEqual([50166])
  issuer.discovery['issuer'] = issuer.url
  expect(await codesOf()).toBeUndefined()
})
