import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { ada, Browser, ben, readRedirect, redeem, signIn } from '../testing/browser.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import { requestCustomToken, requestObo, requestT1, requestTr, sendJson, t1Of } from '../testing/requests.ts'
import { agentId, blueprintAppId, spaAppId, startEntraForFile } from '../testing/start-entra.ts'
import type { InjectedFault } from './faults.ts'

const entra = await startEntraForFile()

const inject = (fault: InjectedFault) => sendJson(entra, 'PUT', '/emulator/faults', { faults: [fault] })
const tcOf = async (user: string): Promise<string> => (await signIn(entra, user)).body.access_token

it('injected refusals apply to the leg that they target as often as they say, and have the words of their code', async () => {
  const refuse = (code: number, more: object = {}) => ({ kind: 'refuse', code, ...more }) as const
  const t1After = async (fault: InjectedFault, times = 1) => {
    await inject(fault)
    for (let i = 1; i < times; i++) await requestT1(entra)
    return requestT1(entra)
  }
  const throttled = {
    target: { leg: 't1' },
    fault: refuse(90055, { retryAfterSeconds: 7 }),
    times: 2,
  } as const
  const any = refuse(530035, { error: 'access_denied', status: 403 })
  const trBroken = { target: { leg: 'tr' }, fault: refuse(700024) } as const
  const responses = describeResponses(entra, {
    'T1, throttled twice, at the first request': () => t1After(throttled),
    'T1, throttled twice, at the second request': () => t1After(throttled, 2),
    'T1, throttled twice, at the third request': () => t1After(throttled, 3),
    'T1, while every token is refused': () => t1After({ target: { leg: 'token' }, fault: refuse(90033) }, 3),
    'T1, once the fault is cleared': async () => {
      await inject({ fault: refuse(90033) })
      await sendJson(entra, 'DELETE', '/emulator/faults')
      return requestT1(entra)
    },
    'the agent’s token, while it is refused': async () => {
      const t1 = await t1Of(entra)
      await inject(trBroken)
      return requestTr(entra, { client_assertion: t1 })
    },
    'a token on behalf of a user, while the agent’s token is refused': async () => {
      await inject(trBroken)
      return requestObo(entra, await tcOf(ada))
    },
    'a refusal with an unknown code': async () => {
      await inject({ target: { leg: 'obo' }, fault: any })
      return requestObo(entra, 'whatever')
    },
  })
  await expect(await responses).toMatchFileSnapshot('injected-refusals.txt')
  expect((await t1After(throttled)).headers.get('retry-after')).toBe('7')
})

it('an injected refusal of the sign-in is reported to the page by redirect', async () => {
  await inject({ target: { leg: 'authorize' }, fault: { kind: 'refuse', code: 53003 } })
  const sentBack = readRedirect(await new Browser(entra).open())
  expect(sentBack).toMatchObject({ error: 'invalid_grant', state: 'the-state|with=signs' })
  expect(sentBack['error_description']).toMatch(/^AADSTS53003: /)
})

it('injected conditional access demands a step-up by a claims challenge, and is satisfied once the user has signed in with that challenge', async () => {
  const browser = new Browser(entra)
  const tc = (await signIn(entra, ada, {}, browser)).body.access_token
  await inject({ target: { leg: 'obo' }, fault: { kind: 'conditional-access' } })
  const { status, body } = await requestObo(entra, tc)
  expect(status).toBe(400)
  expect(body).toMatchObject({ error: 'interaction_required', error_codes: [50076] })
  const { claims } = body
  const silent = readRedirect(await browser.open({ claims, prompt: 'none' }))
  expect(silent).toMatchObject({ error: 'interaction_required', claims })
  expect(await (await browser.open({ claims })).text()).toContain('more proof')
  const { code = '' } = readRedirect(await browser.answer({}, { claims }))
  expect((await requestObo(entra, (await redeem(entra, code)).body.access_token)).status).toBe(200)
  expect((await requestObo(entra, await tcOf(ben))).body.error_codes).toEqual([50076])
})

it('the control plane issues tokens with any claims and lifetime, but not for an unknown client', async () => {
  const page = { client: spaAppId, resource: `api://${blueprintAppId}`, user: 'ben@contoso.example' }
  const wrong = { lifetimeSeconds: -120, claims: { tid: 'elsewhere' } }
  const token = await requestCustomToken(entra, { ...page, ...wrong, scopes: ['access_as_user'] })
  const claims = decodeJwt(token)
  expect(claims).toMatchObject({ aud: blueprintAppId, azp: spaAppId, oid: ben, tid: 'elsewhere' })
  expect(claims.exp).toBeLessThan(Date.now() / 1000 - 100)
  const refused = await sendJson(entra, 'POST', '/emulator/tokens', { ...page, client: 'nobody' })
  expect(refused).toMatchObject({
    status: 400,
    body: {
      detail: expect.stringMatching(/^The directory has no client "nobody"; it has "Microsoft Graph", "/),
    },
  })
})

it('the control plane lists the latest requests, without secrets and tokens', async () => {
  const jwt = await t1Of(entra)
  await requestTr(entra, { client_assertion: jwt, scope: 'nonsense' })
  const { body } = await sendJson(entra, 'GET', '/emulator/requests')
  const form = { client_id: blueprintAppId, fmi_path: agentId }
  expect(body.requests).toMatchObject([
    { leg: 't1', method: 'POST', status: 200, form },
    { leg: 'tr', status: 400, aadsts: 1002012, form: { scope: 'nonsense' } },
  ])
  const text = JSON.stringify(body)
  expect(text).not.toContain('blueprint-secret')
  expect(text).not.toContain(jwt)
})

it('a reset undoes faults, settings and changes of the directory', async () => {
  await inject({ fault: { kind: 'refuse', code: 90033 } })
  const settings = { clockOffsetSeconds: 99_999, tokenLifetimeSeconds: 5 }
  await sendJson(entra, 'PATCH', '/emulator/settings', settings)
  entra.entra.directory.content.users.splice(0)
  expect((await sendJson(entra, 'POST', '/emulator/reset')).status).toBe(204)
  expect((await requestT1(entra)).body).toMatchObject({ expires_in: 3_599 })
  expect(entra.entra.directory.content.users).toHaveLength(3)
})

it('the first page says that Entra is emulated, and shows tenant and agents', async () => {
  const html = await (await fetch(entra.url)).text()
  expect(html).toContain('Emulated Microsoft Entra ID')
  for (const id of [agentId, entra.entra.config.tenantId]) expect(html).toContain(id)
})
