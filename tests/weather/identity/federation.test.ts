import { expect, it, onTestFinished } from 'vitest'
import { requestCustomToken } from '../../../emulators/entra/src/testing/requests.ts'
import { createCluster, subject } from '../../contract/bedrock/web-identity.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { askWeather, describeReply, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const audience = 'api://AzureADTokenExchange'
const cluster = await forFile(createCluster())
const stack = await forFile(
  startSettledStack({ entra: { FEDERATED_ISSUER: cluster.issuer, FEDERATED_SUBJECT: subject } }),
)

const sidecarSettings = {
  AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
  AzureAd__ClientCredentials__0__ClientSecret: undefined,
  AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath: cluster.tokenFile,
}

const podToken = (claims: Parameters<typeof cluster.makeToken>[0] = {}, kid?: string) =>
  cluster.makeToken({ aud: audience, ...claims }, kid)

async function askWith(token: string) {
  await cluster.write(token)
  await resetStack(stack, sidecarSettings)
  return askWeather(stack, 'autonomous')
}

// biome-ignore format: table
const podTokens: Readonly<Record<string, () => Promise<string>>> = {
  'matches the federated credential': () => podToken(),
  'names the issuer with a slash too many': () => podToken({ iss: `${cluster.issuer}/` }),
  'names the service account in another case': () => podToken({ sub: subject.toUpperCase() }),
  'is signed by a key that its issuer does not publish': () => podToken({}, 'never-published'),
  'was changed after signing': async () => `${(await podToken()).slice(0, -8)}AAAAAAAA`,
  'is issued by Entra itself': () => requestCustomToken({ url: stack.entraUrl }, { client: identities.blueprintAppId, resource: audience }),
}

it('With the pod’s token as the blueprint’s credential, the agent needs no secret, and says what does not match', async () => {
  const lines: string[] = []
  for (const [what, token] of Object.entries(podTokens))
    lines.push(`# the token ${what}`, describeReply(await askWith(await token())), '')
  await stack.restart('entra')
  cluster.hide()
  onTestFinished(() => cluster.show())
  lines.push('# Entra cannot read the issuer’s keys', describeReply(await askWith(await podToken())), '')
  await expect(lines.join('\n')).toMatchFileSnapshot('federation.txt')
})

it('The agent answers although Entra refuses twice, since it does not know a new credential everywhere yet (AADSTS700213)', async () => {
  await cluster.write(await podToken())
  await resetStack(stack, sidecarSettings)
  const fault = { kind: 'refuse', code: 700213 } as const
  tenantOf(stack).faults.inject({ target: { leg: 't1' }, fault, times: 2 })
  expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  expect(tokenRequests(stack).map(({ leg, aadsts }) => aadsts ?? leg)).toEqual([700213, 700213, 't1', 'tr'])
})

it('Answers, /readyz and /api/status say “restart the sidecar” when the token’s file came too late', async () => {
  await cluster.removeToken()
  await resetStack(stack, sidecarSettings)
  const get = (path: string) => fetch(`${stack.agentUrl}${path}`)
  expect((await askWeather(stack, 'autonomous')).body.code).toBe('SIDECAR_FAILED')
  await cluster.write(await podToken())
  const hint = expect.stringContaining('restart the sidecar')
  expect((await askWeather(stack, 'autonomous')).body).toMatchObject({ code: 'SIDECAR_FAILED', hint })
  expect(await (await fetch(`${stack.sidecarUrl}/healthz`)).text()).toBe('Healthy')

  expect((await get('/sidecar/livez')).status).toBe(503)
  const readiness = await get('/readyz')
  expect([readiness.status, await readiness.text()]).toEqual([503, hint])
  expect(await (await get('/api/status')).json()).toMatchObject({
    status: 'degraded',
    components: { sidecar: { state: 'unavailable', problem: { hint } } },
    flows: { autonomous: { state: 'unavailable' }, obo: { state: 'unavailable' } },
  })

  await stack.restart('sidecar', sidecarSettings)
  expect((await askWeather(stack, 'autonomous')).status).toBe(200)
  expect((await get('/readyz')).status).toBe(200)
  expect((await get('/sidecar/livez')).status).toBe(200)
})
