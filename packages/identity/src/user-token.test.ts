import { tenant } from '@entra-agents/demo-tenant'
import { onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { badTokens } from '@entra-agents/tokens/testing/corpus'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { agent } from './testing/fixtures.ts'
import { createUserTokenVerifier, type UserTokenVerifier } from './user-token.ts'

const { appId: blueprintAppId } = tenant.blueprint
const { ada } = tenant.users
const pageAppId = tenant.page.appId
const agentId = tenant.agents.weather.id
/** The API that a user's token is for: the blueprint. */
const blueprint = { appId: blueprintAppId, role: 'none', scope: 'access_as_user' }
const now = () => Math.floor(Date.now() / 1000)
let verifier: UserTokenVerifier

const issuer = await createIssuer()
afterAll(() => issuer.close())
beforeEach(() => {
  verifier = verifierFor([])
  return () => verifier.close()
})

function verifierFor(allowedClients: readonly string[]): UserTokenVerifier {
  return createUserTokenVerifier({
    blueprint: { ...agent, authority: issuer.url },
    allowedClients,
    log: { warn: () => undefined },
  })
}

type Claims = Readonly<Record<string, unknown>>

/** A token that the page gets for Ada, without optional claims, which the blueprint does not request. */
function userToken(claims: Claims = {}, version: 'v1' | 'v2' = 'v2'): string {
  const client = { [version === 'v1' ? 'appid' : 'azp']: pageAppId }
  const plain = {
    idtyp: undefined,
    xms_act_fct: undefined,
    xms_sub_fct: undefined,
    xms_par_app_azp: undefined,
  }
  const all = { ...client, ...plain, ...claims }
  return issuer.sign(onBehalfOfClaims({ authority: issuer.url, api: blueprint, version, claims: all }))
}

const verify = (token: string) => verifier.verify(`Bearer ${token}`)
const problemOf = (code: string) =>
  expect.objectContaining({ code, message: expect.stringMatching(/^[A-Z].+\.$/) })

describe('a user’s token', () => {
  it('passes if every check passes, and is returned with what the trace shows of it', async () => {
    const token = userToken()
    const user = await verify(token)
    expect(user).toMatchObject({
      raw: token,
      objectId: ada.id,
      header: { alg: 'RS256', kid: issuer.key.kid },
      claims: { oid: ada.id },
    })
    expect(user.fingerprint).toMatch(/^[0-9a-f]{12}$/)
    expect(user.checks).toEqual(
      ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission'].map(name => ({
        name,
        ok: true,
      })),
    )
  })

  it.each([
    ['issued with several scopes', { scp: 'profile access_as_user' }],
    ['marked as a user’s', { idtyp: 'user' }],
    ['issued with the user’s roles', { roles: ['Reader'] }],
    ['issued without a start time', { nbf: undefined }],
  ])('passes if it is %s', async (_what, claims) => {
    await expect(verify(userToken(claims))).resolves.toMatchObject({ objectId: ada.id })
  })

  it('passes in the v1 form', async () => {
    await expect(verify(userToken({}, 'v1'))).resolves.toMatchObject({ objectId: ada.id })
  })

  it.each(
    // biome-ignore format: table
    [
      ['USER_TOKEN_WRONG_AUDIENCE', 'for Microsoft Graph', { aud: '00000003-0000-0000-c000-000000000000' }, 'v2'],
      ['USER_TOKEN_WRONG_AUDIENCE', 'a v2 token with the v1 audience', { aud: `api://${blueprintAppId}` }, 'v2'],
      ['USER_TOKEN_WRONG_AUDIENCE', 'a v1 token with the v2 audience', { aud: blueprintAppId }, 'v1'],
      ['USER_TOKEN_INVALID', 'an application’s', { idtyp: 'app', scp: undefined }, 'v2'],
      ['USER_TOKEN_INVALID', 'an application’s without idtyp', { scp: undefined, roles: ['Any'] }, 'v2'],
      ['USER_TOKEN_INVALID', 'bound to a key', { cnf: { kid: 'device-key' } }, 'v2'],
      ['USER_TOKEN_SCOPE_MISSING', 'for another scope', { scp: 'access_as_user_too' }, 'v2'],
      ['USER_TOKEN_SCOPE_MISSING', 'marked as a user’s, without a scope', { idtyp: 'user', scp: undefined }, 'v2'],
    ] as const,
  )('is refused with the code %s if it is %s', async (code, _what, claims, version) => {
    await expect(verify(userToken(claims, version))).rejects.toEqual(problemOf(code))
  })

  it('is refused for each fault in the list of bad tokens, with USER_TOKEN_WRONG_AUDIENCE if and only if the audience is wrong', async () => {
    await verifier.close()
    verifier = verifierFor([agentId])
    // Bad facets are left out: a user's client need not be an agent. So are tokens for the blueprint: they are valid here.
    const corpus = badTokens(issuer, blueprint).filter(({ name }) => !/facet|blueprint \(Tc\)/.test(name))
    const outcomes = await Promise.all(
      corpus.map(async ({ name, token, failedCheck }) => {
        const { code } = (await verify(token).catch((error: { code: string }) => error)) as { code?: string }
        return { name, isAudience: failedCheck === 'audience', code: String(code) }
      }),
    )
    expect(outcomes.filter(({ code }) => !code.startsWith('USER_TOKEN_'))).toEqual([])
    expect(
      outcomes.filter(({ code, isAudience }) => (code === 'USER_TOKEN_WRONG_AUDIENCE') !== isAudience),
    ).toEqual([])
    expect(outcomes.length).toBeGreaterThan(400)
  })

  it('is refused if the client that obtained it is missing from the configured list of clients', async () => {
    await verifier.close()
    verifier = verifierFor([pageAppId])
    await expect(verify(userToken())).resolves.toMatchObject({ objectId: ada.id })
    await expect(verify(userToken({}, 'v1'))).resolves.toMatchObject({ objectId: ada.id })
    for (const azp of [blueprintAppId, undefined, [pageAppId]])
      await expect(verify(userToken({ azp }))).rejects.toEqual(problemOf('USER_TOKEN_INVALID'))
  })

  it('is refused from the second of its expiry on, and the refusal names the time of expiry', async () => {
    const exp = now() + 60
    const token = userToken({ exp })
    vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 })
    try {
      await expect(verify(token)).rejects.toEqual(problemOf('USER_TOKEN_EXPIRED'))
      await expect(verify(token)).rejects.toThrow(
        `The token expired at ${new Date(exp * 1000).toISOString()}.`,
      )
    } finally {
      vi.useRealTimers()
    }
  })

  it('may become valid (`nbf`) up to five minutes ahead of the local clock', async () => {
    const start = now()
    vi.useFakeTimers({ toFake: ['Date'], now: start * 1000 })
    try {
      await expect(verify(userToken({ nbf: start + 300 }))).resolves.toMatchObject({
        claims: { nbf: start + 300 },
      })
      await expect(verify(userToken({ nbf: start + 301 }))).rejects.toThrow('not valid yet')
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ['SIGN_IN_REQUIRED', undefined],
    ['SIGN_IN_REQUIRED', ''],
    ['SIGN_IN_REQUIRED', 'Basic dXNlcjpwYXNzd29yZA=='],
    ['SIGN_IN_REQUIRED', 'Not Bearer e30.e30.e30'],
    ['USER_TOKEN_INVALID', 'Bearer'],
    ['USER_TOKEN_INVALID', 'Bearer one two'],
    ['USER_TOKEN_INVALID', 'Bearer not-a-token'],
    ['USER_TOKEN_INVALID', 'Bearer e30.e30.e30'],
  ])('is refused with the code %s if the Authorization header is %j', async (code, header) => {
    await expect(verifier.verify(header)).rejects.toEqual(problemOf(code))
  })

  it('is refused with a challenge in the form of RFC 6750', async () => {
    const challenge = (header: string | undefined) =>
      verifier.verify(header).catch(error => error.options.headers['www-authenticate'])
    expect(await challenge(undefined)).toBe('Bearer')
    expect(await challenge('Bearer x')).toBe('Bearer error="invalid_token"')
    expect(await challenge(`Bearer ${userToken({ scp: 'other' })}`)).toBe(
      'Bearer error="insufficient_scope", scope="access_as_user"',
    )
  })

  it('is refused as ENTRA_UNAVAILABLE, not as unusable, while Entra’s keys are out of reach', async () => {
    await issuer.stop()
    try {
      const error = await verify(userToken()).catch((thrown: Error) => thrown)
      expect(error).toEqual(problemOf('ENTRA_UNAVAILABLE'))
      expect(error).toMatchObject({ options: { upstream: { service: 'entra' }, cause: expect.any(Error) } })
    } finally {
      await issuer.start()
    }
  })
})
