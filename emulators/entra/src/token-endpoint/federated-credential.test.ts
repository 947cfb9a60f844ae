import { decodeJwt, type JWTPayload } from 'jose'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startForeignIssuer } from '../testing/foreign-issuer.ts'
import { requestCustomToken, requestT1, requestTr } from '../testing/requests.ts'
import { blueprintAppId, startEntra, type TestEntra } from '../testing/start-entra.ts'

const subject = 'system:serviceaccount:weather:agent'
const audience = 'api://AzureADTokenExchange'
const issuer = await startForeignIssuer()
const entra = await startEntra({ FEDERATED_ISSUER: issuer.url, FEDERATED_SUBJECT: subject })
afterAll(async () => {
  issuer.close()
  await entra.close()
})
beforeEach(() => {
  entra.entra.reset()
  issuer.failWith = undefined
  issuer.seen.length = 0
})

function podToken(claims: JWTPayload = {}, kid?: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return issuer.sign({ sub: subject, aud: [audience], iat: now, nbf: now, exp: now + 3600, ...claims }, kid)
}

/** The token with one character of its signature changed. */
function spoilSignature(jwt: string): string {
  const dot = jwt.lastIndexOf('.') + 1
  return `${jwt.slice(0, dot)}${jwt[dot] === 'A' ? 'B' : 'A'}${jwt.slice(dot + 1)}`
}

describe('a pod’s token as the blueprint’s credential', () => {
  it('gets T1, and with it the agent’s token, when issuer, subject and audience match', async () => {
    const t1 = await requestT1(entra, { client_assertion: await podToken() })
    expect(t1.status).toBe(200)
    expect(decodeJwt(t1.body.access_token)).toMatchObject({ azp: blueprintAppId, azpacr: '2' })
    expect((await requestTr(entra, { client_assertion: t1.body.access_token })).status).toBe(200)
  })

  const mismatches: [what: string, claims: () => JWTPayload, code: number][] = [
    ['an issuer with another ending', () => ({ iss: `${issuer.url}/` }), 700211],
    ['an issuer in another case', () => ({ iss: issuer.url.toLowerCase() }), 700211],
    ['no issuer', () => ({ iss: '' }), 700211],
    ['another service account', () => ({ sub: `${subject}2` }), 700213],
    ['a subject in another case', () => ({ sub: subject.toUpperCase() }), 700213],
    ['a subject with a space', () => ({ sub: `${subject} ` }), 700213],
    ['another audience', () => ({ aud: 'sts.amazonaws.com' }), 700212],
    ['an audience in another case', () => ({ aud: audience.toLowerCase() }), 700212],
    ['no audience', () => ({ aud: [] }), 700212],
  ]
  it.each(mismatches)('with %s is refused', async (_what, claims, code) => {
    const { status, body } = await requestT1(entra, { client_assertion: await podToken(claims()) })
    expect(status).toBe(401)
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [code] })
    expect(issuer.seen).toEqual([])
  })

  it('is refused with AADSTS70021 when the application has no federated credential at all', async () => {
    const blueprint = entra.entra.directory.application(blueprintAppId)
    blueprint?.federatedIdentityCredentials.splice(0)
    const { body } = await requestT1(entra, { client_assertion: await podToken() })
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [70021] })
    expect(body.error_description).toContain(subject)
  })

  const untimely: [what: string, claims: () => Record<string, unknown>][] = [
    ['expired', () => ({ exp: Math.floor(Date.now() / 1000) - 1 })],
    ['not yet valid', () => ({ nbf: Math.floor(Date.now() / 1000) + 900 })],
    ['without an end', () => ({ exp: undefined })],
  ]
  it.each(untimely)('that is %s is refused with AADSTS700024', async (_what, claims) => {
    const { body } = await requestT1(entra, { client_assertion: await podToken(claims()) })
    expect(body.error_codes).toEqual([700024])
  })

  it('with a signature that does not verify is refused with AADSTS7000274', async () => {
    const { body } = await requestT1(entra, { client_assertion: spoilSignature(await podToken()) })
    expect(body.error_codes).toEqual([7000274])
  })

  it('signed by a key that the issuer does not publish is refused with AADSTS7000272', async () => {
    const { body } = await requestT1(entra, { client_assertion: await podToken({}, 'never-published') })
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [7000272] })
  })

  it('is refused with AADSTS700222 when Entra itself issued it', async () => {
    const token = await requestCustomToken(entra, { client: blueprintAppId, resource: audience })
    expect((await requestT1(entra, { client_assertion: token })).body.error_codes).toEqual([700222])
  })

  it('is refused with AADSTS700231 when Entra issued it for another federated credential', async () => {
    const t1 = await requestT1(entra, { client_assertion: await podToken() })
    const { body } = await requestT1(entra, { client_assertion: t1.body.access_token })
    expect(body).toMatchObject({ error: 'invalid_client', error_codes: [700231] })
  })

  it('is refused with AADSTS50027 when it is no JWT', async () => {
    const { status, body } = await requestT1(entra, { client_assertion: 'garbage' })
    expect(status).toBe(400)
    expect(body.error_codes).toEqual([50027])
  })
})

describe('the issuer’s published keys', () => {
  async function freshEntra(): Promise<TestEntra> {
    return startEntra({ FEDERATED_ISSUER: issuer.url, FEDERATED_SUBJECT: subject })
  }

  it('are fetched once for many tokens, and again for an unknown key id', async () => {
    await using fresh = await freshEntra()
    for (let i = 0; i < 3; i++) await requestT1(fresh, { client_assertion: await podToken() })
    expect(issuer.seen).toEqual(['/Cluster-1/.well-known/openid-configuration', '/Cluster-1/jwks'])
    await issuer.rotate('second')
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(Date.now() + 10_000)
    expect((await requestT1(fresh, { client_assertion: await podToken() })).status).toBe(200)
    vi.useRealTimers()
    expect(issuer.seen).toHaveLength(3)
  })

  it('are fetched only once for several made-up key ids', async () => {
    await using fresh = await freshEntra()
    for (let i = 0; i < 5; i++)
      await requestT1(fresh, { client_assertion: await podToken({}, `made-up-${i}`) })
    expect(issuer.seen).toHaveLength(2)
  })

  it('cause AADSTS50166 if they cannot be fetched, and are fetched again for the next token', async () => {
    await using fresh = await freshEntra()
    issuer.failWith = 500
    const { body } = await requestT1(fresh, { client_assertion: await podToken() })
    expect(body).toMatchObject({ error: 'invalid_request', error_codes: [50166] })
    issuer.failWith = undefined
    expect((await requestT1(fresh, { client_assertion: await podToken() })).status).toBe(200)
  })

  it('are not taken from a discovery document that names another issuer', async () => {
    await using fresh = await freshEntra()
    issuer.discovery['issuer'] = 'https://somebody.example'
    const { body } = await requestT1(fresh, { client_assertion: await podToken() })
    issuer.discovery['issuer'] = issuer.url
    expect(body.error_codes).toEqual([50166])
  })
})
