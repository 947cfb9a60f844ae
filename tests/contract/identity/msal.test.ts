import { X509Certificate } from 'node:crypto'
import { ManagedIdentityApplication } from '@azure/msal-node'
import { refusals } from '@entra-agents/entra-failures/codes'
import { createIdentityClient, type IdentityError } from '@entra-agents/identity'
import { identityTiming } from '@entra-agents/identity/core'
import { type MsalCredential, msal } from '@entra-agents/identity/msal'
import { ForwardProxy } from '@entra-agents/service-kit/testing/forward-proxy'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { expect, it, onTestFinished, vi } from 'vitest'
import { makeCertificate } from '../../../emulators/entra/src/testing/certificate.ts'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'
import { type EntraOptions, startEntra } from '../../../emulators/kit/src/index.ts'
import { identities } from '../../support/identities.ts'
import { findFreePort } from '../../support/ports.ts'

const certificate = makeCertificate('blueprint')
const bySecret = { clientSecret: 'a secret of the blueprint' }
const issuer = await startForeignIssuer()
const subject = 'system:serviceaccount:agents:agent'
const seed = {
  extends: 'demo',
  blueprints: {
    weather: {
      secret: bySecret.clientSecret,
      certificate: certificate.certificateFile,
      federatedCredential: { issuer: issuer.url, subject },
    },
  },
}
const entra = await startEntra({ seed, tls: true })

function agentWith(credential: MsalCredential, authority = entra.url) {
  const client = createIdentityClient({
    tenantId: entra.tenantId,
    blueprintAppId: entra.id('weather'),
    authority,
    agents: { weather: { clientId: identities.agentId, agentUserId: identities.agentUserId } },
    apis: { 'weather-api': { url: 'http://localhost:1', appId: entra.id('weather-api') } },
    tokens: msal(credential, { timing: { ...identityTiming, tokenRetryMs: 5 } }),
  })
  onTestFinished(() => client.close())
  return (flow: 'autonomous' | 'agent-user' = 'autonomous') =>
    client.as('weather', { flow }).token('weather-api')
}

const signAssertion = () => {
  const now = Math.floor(Date.now() / 1_000)
  return issuer.sign({ sub: subject, aud: 'api://AzureADTokenExchange', iat: now, exp: now + 600 })
}

it.each<[string, () => MsalCredential]>([
  ['a secret', () => bySecret],
  [
    'a certificate',
    () => {
      const { fingerprint256 } = new X509Certificate(certificate.certificate)
      const thumbprintSha256 = fingerprint256.replaceAll(':', '')
      return { clientCertificate: { thumbprintSha256, privateKey: certificate.key } }
    },
  ],
  ['a federated assertion, made anew each time', () => ({ clientAssertion: signAssertion })],
])('The blueprint authenticates by %s', async (_what, credential) => {
  expect((await agentWith(credential())()).claims['azp']).toBe(identities.agentId)
})

it('The blueprint authenticates by a managed identity, whose tokens the metadata service of the machine hands out', async () => {
  const asked: string[] = []
  const machine = await new LocalServer(async ({ url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://machine')
    asked.push(`${headers['metadata']} ${pathname} ${searchParams.get('resource')}`)
    const expires_on = Math.floor(Date.now() / 1_000) + 600
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: await signAssertion(), expires_on }))
  }).start()
  onTestFinished(() => machine.close())
  vi.stubEnv('AZURE_POD_IDENTITY_AUTHORITY_HOST', machine.url)
  const managed = new ManagedIdentityApplication()
  const resource = 'api://AzureADTokenExchange'
  const clientAssertion = async () => (await managed.acquireToken({ resource })).accessToken
  expect((await agentWith({ clientAssertion })()).claims['azp']).toBe(identities.agentId)
  expect(asked).toEqual(['true /metadata/identity/oauth2/token/ api://AzureADTokenExchange'])
})

it.each<[string, object]>([
  ['none', {}],
  ['an empty one', { clientSecret: '' }],
  ['two', { clientSecret: 'x', clientAssertion: 'y' }],
])('Instead of one credential, %s is refused', (_what, credential) => {
  expect(() => msal(credential as MsalCredential)).toThrow(TypeError)
})

it('An assertion that cannot be had is a fault of the credential, in words of its own', async () => {
  const clientAssertion = () => Promise.reject(new Error('ENOENT: /var/run/token'))
  const failure = await agentWith({ clientAssertion })().catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'BLUEPRINT_CREDENTIAL_REJECTED', cause: { message: /ENOENT/ } })
  expect(failure).toSatisfy((error: IdentityError) => !error.message.includes('ENOENT'))
})

it('No refusal of Entra is put in words of the sidecar or of settings that there are not', async () => {
  const ask = agentWith(bySecret)
  const words = new Set<string>()
  for (const number of Object.keys(refusals)) {
    for (const [leg, flow] of [
      ['t1', 'autonomous'],
      ['tr', 'autonomous'],
      ['agent-user', 'agent-user'],
    ] as const) {
      entra.reset()
      using _ = entra.fault(leg, Number(number))
      await ask(flow).catch(({ code, message, fix }: IdentityError) =>
        words.add(`${code}: ${message} ${fix}`),
      )
    }
  }
  expect(words.size).toBeGreaterThan(40)
  expect(
    [...words].filter(text =>
      /sidecar|\bpod\b|AzureAd__|DownstreamApis__|AGENT_|BLUEPRINT_APP|ENTRA_AUTH/i.test(
        text.replace(/^\w+: /, ''),
      ),
    ),
  ).toEqual([])
})

it('A token that has expired on arrival is refused, and the clock is to be looked at', async () => {
  entra.reset()
  entra.changeSettings({ clockOffsetSeconds: -7_200 })
  const failure = await agentWith(bySecret)().catch((error: unknown) => error)
  entra.reset()
  expect(failure).toMatchObject({
    code: 'ENTRA_REFUSED',
    message: 'Entra returned an expired token.',
    fix: /clocks/,
  })
})

it('Entra is asked through the proxy', async () => {
  const port = await findFreePort()
  const options: EntraOptions = { seed, tls: true, port, publicUrl: `https://entra.example:${port}` }
  await using behind = await startEntra(options)
  await using proxy = await ForwardProxy.start({ 'entra.example': port })
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy', 'NO_PROXY', 'HTTP_PROXY'])
    vi.stubEnv(name, undefined)
  vi.stubEnv('HTTPS_PROXY', proxy.url)
  const ask = agentWith(bySecret, behind.url)
  expect((await ask()).claims['azp']).toBe(identities.agentId)
  expect(new Set(proxy.asked)).toEqual(new Set([`entra.example:${port}`]))
  proxy.refusal = { status: 407 }
  await expect(agentWith(bySecret, behind.url)()).rejects.toMatchObject({
    code: 'PROXY_AUTHENTICATION_FAILED',
  })
})
