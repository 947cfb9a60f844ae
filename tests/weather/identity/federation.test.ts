import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JWTPayload } from 'jose'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { startForeignIssuer } from '../../../emulators/entra/src/testing/foreign-issuer.ts'
import { requestCustomToken } from '../../../emulators/entra/src/testing/requests.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const subject = 'system:serviceaccount:weather:agent'
const audience = 'api://AzureADTokenExchange'
const clusterIssuer = await forFile(startForeignIssuer())
const folder = await mkdtemp(join(tmpdir(), 'federation-'))
const tokenFile = join(folder, 'azure-identity-token')
const stack = await forFile(
  startSettledStack({ entra: { FEDERATED_ISSUER: clusterIssuer.url, FEDERATED_SUBJECT: subject } }),
)
afterAll(async () => {
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  clusterIssuer.failWith = undefined
})

const sidecarSettings = {
  AzureAd__ClientCredentials__0__SourceType: 'SignedAssertionFilePath',
  AzureAd__ClientCredentials__0__ClientSecret: undefined,
  get AzureAd__ClientCredentials__0__SignedAssertionFileDiskPath() {
    return tokenFile
  },
}

function podToken(claims: JWTPayload = {}, kid?: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return clusterIssuer.sign(
    { sub: subject, aud: [audience], iat: now, nbf: now, exp: now + 3_600, ...claims },
    kid,
  )
}

async function askWith(token: string) {
  await writeFile(tokenFile, token)
  await resetStack(stack, sidecarSettings)
  return askWeather(stack, 'autonomous')
}

const mismatchedTokens: readonly (readonly [string, number, () => Promise<string>])[] = [
  ['names the issuer with a slash too many', 700211, () => podToken({ iss: `${clusterIssuer.url}/` })],
  ['names the service account in another case', 700213, () => podToken({ sub: subject.toUpperCase() })],
  ['is signed by a key that its issuer does not publish', 7000272, () => podToken({}, 'never-published')],
  ['was changed after signing', 7000274, async () => `${(await podToken()).slice(0, -8)}AAAAAAAA`],
]

describe('With the pod’s token as the blueprint’s credential, the agent', () => {
  it('answers without any secret when issuer, subject and audience match the federated credential', async () => {
    const { status, body } = await askWith(await podToken())
    expect(status).toBe(200)
    expect(body.answer).toContain('Oslo')
  })

  it.each(mismatchedTokens)(
    'says FEDERATION_MISMATCH when the token %s (AADSTS%i)',
    async (_what, aadsts, token) => {
      expect((await askWith(await token())).body).toMatchObject({
        code: 'FEDERATION_MISMATCH',
        status: 502,
        upstream: { service: 'entra', code: `AADSTS${aadsts}` },
      })
    },
  )

  it('answers although Entra refuses twice, since it does not know a new credential everywhere yet (AADSTS700213)', async () => {
    await writeFile(tokenFile, await podToken())
    await resetStack(stack, sidecarSettings)
    tenantOf(stack).faults.inject({
      target: { leg: 't1' },
      fault: { kind: 'refuse', code: 700213 },
      times: 2,
    })
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
    expect(tokenRequests(stack).map(({ leg, aadsts }) => aadsts ?? leg)).toEqual([700213, 700213, 't1', 'tr'])
  })

  it('says FEDERATION_MISMATCH when Entra itself issued the token', async () => {
    const order = { client: identities.blueprintAppId, resource: audience }
    const token = await requestCustomToken({ url: stack.entraUrl }, order)
    expect((await askWith(token)).body).toMatchObject({
      code: 'FEDERATION_MISMATCH',
      upstream: { code: 'AADSTS700222' },
    })
  })

  it('says “restart the sidecar” in answers, /readyz and /api/status when the token’s file came too late', async () => {
    await rm(tokenFile, { force: true })
    await resetStack(stack, sidecarSettings)
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('SIDECAR_FAILED')
    await writeFile(tokenFile, await podToken())
    const { body } = await askWeather(stack, 'autonomous')
    expect(body.code).toBe('SIDECAR_FAILED')
    expect(body.hint).toContain('restart the sidecar')
    expect(await (await fetch(`${stack.sidecarUrl}/healthz`)).text()).toBe('Healthy')

    expect((await fetch(`${stack.agentUrl}/sidecar/livez`)).status).toBe(503)
    const readiness = await fetch(`${stack.agentUrl}/readyz`)
    expect(readiness.status).toBe(503)
    expect(await readiness.text()).toContain('restart the sidecar')
    expect(await (await fetch(`${stack.agentUrl}/api/status`)).json()).toMatchObject({
      status: 'degraded',
      components: {
        sidecar: { state: 'unavailable', problem: { hint: expect.stringContaining('restart the sidecar') } },
      },
      flows: { autonomous: { state: 'unavailable' }, obo: { state: 'unavailable' } },
    })

    await stack.restart('sidecar', sidecarSettings)
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
    expect((await fetch(`${stack.agentUrl}/readyz`)).status).toBe(200)
    expect((await fetch(`${stack.agentUrl}/sidecar/livez`)).status).toBe(200)
  })

  it('says FEDERATION_MISMATCH when Entra cannot read the issuer’s keys', async () => {
    await stack.restart('entra')
    clusterIssuer.failWith = 500
    expect((await askWith(await podToken())).body).toMatchObject({
      code: 'FEDERATION_MISMATCH',
      upstream: { service: 'entra', code: 'AADSTS50166' },
    })
  })
})
