import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { ada, Browser, ben, makeVerifier, readRedirect, redeem, signIn } from '../testing/browser.ts'
import { requestCustomToken, requestObo, requestT1, requestTr, sendJson, t1Of } from '../testing/requests.ts'
import { agentId, blueprintAppId, spaAppId, startEntraForFile, weatherAppId } from '../testing/start-entra.ts'
import type { InjectedFault } from './faults.ts'

const entra = await startEntraForFile()

const inject = (fault: InjectedFault) => sendJson(entra, 'PUT', '/emulator/faults', { faults: [fault] })

describe('an injected fault', () => {
  it('throttles a set number of requests, with 429 and Retry-After', async () => {
    await inject({
      target: { leg: 't1' },
      fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 7 },
      times: 2,
    })
    for (let i = 0; i < 2; i++) {
      const { status, headers, body } = await requestT1(entra)
      expect(status).toBe(429)
      expect(headers.get('retry-after')).toBe('7')
      expect(body).toMatchObject({ error: 'temporarily_unavailable', error_codes: [90055] })
    }
    expect((await requestT1(entra)).status).toBe(200)
  })

  it('applies to every token request until the fault is cleared', async () => {
    await inject({ target: { leg: 'token' }, fault: { kind: 'refuse', code: 90033 } })
    expect((await requestT1(entra)).body).toMatchObject({ error_codes: [90033] })
    expect((await requestT1(entra)).status).toBe(503)
    await sendJson(entra, 'DELETE', '/emulator/faults')
    expect((await requestT1(entra)).status).toBe(200)
  })

  it('applies to the leg that it targets and to no other leg', async () => {
    await inject({ target: { leg: 'tr' }, fault: { kind: 'refuse', code: 700024 } })
    const t1 = await t1Of(entra)
    expect((await requestTr(entra, { client_assertion: t1 })).body).toMatchObject({
      error: 'invalid_client',
      error_codes: [700024],
    })
    const tc = (await signIn(entra, ada)).body.access_token
    expect((await requestObo(entra, tc)).status).toBe(200)
  })

  it('can be any refusal, even one with an unknown code', async () => {
    await inject({
      target: { leg: 'obo' },
      fault: { kind: 'refuse', code: 530035, error: 'access_denied', status: 403 },
    })
    const { status, body } = await requestObo(entra, 'whatever')
    expect(status).toBe(403)
    expect(body).toMatchObject({ error: 'access_denied', error_codes: [530035] })
    expect(body.error_description).toMatch(/^AADSTS530035: /)
  })

  it('can break the connection', async () => {
    await inject({ target: { leg: 't1' }, fault: { kind: 'reset' }, times: 1 })
    await expect(requestT1(entra)).rejects.toThrow('fetch failed')
    expect((await requestT1(entra)).status).toBe(200)
  })

  it('is reported to the page by redirect if it applies to the sign-in', async () => {
    await inject({ target: { leg: 'authorize' }, fault: { kind: 'refuse', code: 53003 } })
    const browser = new Browser(entra)
    const sentBack = readRedirect(await browser.visit(browser.authorizeUrl()))
    expect(sentBack).toMatchObject({ error: 'invalid_grant', state: 'the-state|with=signs' })
    expect(sentBack['error_description']).toMatch(/^AADSTS53003: /)
  })
})

describe('conditional access', () => {
  it('demands a step-up by a claims challenge, and is satisfied once the user has signed in again with that challenge', async () => {
    const browser = new Browser(entra)
    const tc = (await signIn(entra, ada, {}, browser)).body.access_token
    await inject({ target: { leg: 'obo' }, fault: { kind: 'conditional-access' } })
    const { status, body } = await requestObo(entra, tc)
    expect(status).toBe(400)
    expect(body).toMatchObject({ error: 'interaction_required', error_codes: [50076] })

    const { verifier, challenge } = makeVerifier()
    const claims = { claims: body.claims, code_challenge: challenge, code_challenge_method: 'S256' }
    const silent = readRedirect(await browser.visit(browser.authorizeUrl({ ...claims, prompt: 'none' })))
    expect(silent).toMatchObject({ error: 'interaction_required', claims: body.claims })
    const page = await browser.visit(browser.authorizeUrl(claims))
    expect(await page.text()).toContain('more proof')
    const { code = '' } = readRedirect(await browser.submit(browser.authorizeUrl(claims), { account: ada }))
    const proven = await redeem(entra, code, { code_verifier: verifier })
    expect((await requestObo(entra, proven.body.access_token)).status).toBe(200)

    const other = (await signIn(entra, ben)).body.access_token
    expect((await requestObo(entra, other)).body.error_codes).toEqual([50076])
  })
})

describe('the other controls of the emulator', () => {
  it('issue tokens with any claims and lifetime', async () => {
    const jwt = await requestCustomToken(entra, {
      client: spaAppId,
      resource: `api://${blueprintAppId}`,
      user: 'ben@contoso.example',
      scopes: ['access_as_user'],
      lifetimeSeconds: -120,
      claims: { tid: 'elsewhere' },
    })
    const claims = decodeJwt(jwt)
    expect(claims).toMatchObject({ aud: blueprintAppId, azp: spaAppId, oid: ben, tid: 'elsewhere' })
    expect(claims.exp).toBeLessThan(Date.now() / 1000 - 100)
  })

  it('refuse a client that the directory does not have, and name that client', async () => {
    const { status, body } = await sendJson(entra, 'POST', '/emulator/tokens', {
      client: 'nobody',
      resource: weatherAppId,
    })
    expect(status).toBe(400)
    expect(body.detail).toBe('The directory has no client "nobody".')
  })

  it('list the latest requests, without secrets and tokens', async () => {
    const jwt = await t1Of(entra)
    await requestTr(entra, { client_assertion: jwt, scope: 'nonsense' })
    const { body } = await sendJson(entra, 'GET', '/emulator/requests')
    expect(body.requests).toMatchObject([
      {
        leg: 't1',
        method: 'POST',
        status: 200,
        form: { client_id: blueprintAppId, fmi_path: agentId },
      },
      { leg: 'tr', status: 400, aadsts: 70011, form: { scope: 'nonsense' } },
    ])
    const text = JSON.stringify(body)
    expect(text).not.toContain('blueprint-secret')
    expect(text).not.toContain(jwt)
  })

  it('are all undone by a reset', async () => {
    await inject({ fault: { kind: 'refuse', code: 90033 } })
    await sendJson(entra, 'PATCH', '/emulator/settings', {
      clockOffsetSeconds: 99_999,
      tokenLifetimeSeconds: 5,
    })
    entra.entra.directory.content.users.splice(0)
    expect((await sendJson(entra, 'POST', '/emulator/reset')).status).toBe(204)
    expect((await requestT1(entra)).body).toMatchObject({ expires_in: 3_599 })
    expect(entra.entra.directory.content.users).toHaveLength(3)
  })

  it('refuse pages of other sites', async () => {
    const response = await fetch(`${entra.url}/emulator/reset`, {
      method: 'POST',
      headers: { origin: 'https://evil.example' },
    })
    expect(response.status).toBe(403)
  })

  it('come with an overview page, which says that Entra is emulated and shows the agent’s id', async () => {
    const html = await (await fetch(entra.url)).text()
    expect(html).toContain('Emulated Microsoft Entra ID')
    expect(html).toContain(agentId)
  })
})
