import { onBehalfOfClaims } from '@entra-agents/tokens/testing/agent-claims'
import { badTokens } from '@entra-agents/tokens/testing/corpus'
import { createIssuer } from '@entra-agents/tokens/testing/token-issuer'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { agent, describeProblem, ids } from './testing/fixtures.ts'
import { createUserTokenVerifier, type UserTokenVerifier } from './user-token.ts'

const { blueprintAppId, pageAppId, ada } = ids
/** The API that a user's token is for: the blueprint. */
const blueprint = { appId: blueprintAppId, role: 'none', scope: 'access_as_user' }
let verifier: UserTokenVerifier
const warn = vi.fn()

const issuer = await createIssuer()
afterAll(() => issuer.close())
beforeEach(() => allowClients([]))
afterEach(async () => {
  vi.useRealTimers()
  await verifier.close()
})

function allowClients(allowedClients: readonly string[]): void {
  const blueprint = { ...agent, authority: issuer.url }
  verifier = createUserTokenVerifier({ blueprint, allowedClients, log: { warn } })
}

type Claims = Readonly<Record<string, unknown>>

/** A token that the page gets for Ada, without optional claims, which the blueprint does not request. */
function userToken(claims: Claims = {}, version: 'v1' | 'v2' = 'v2'): string {
  const client = { [version === 'v1' ? 'appid' : 'azp']: pageAppId }
  const optional = ['idtyp', 'xms_act_fct', 'xms_sub_fct', 'xms_par_app_azp']
  const plain = Object.fromEntries(optional.map(name => [name, undefined]))
  const all = { ...client, ...plain, ...claims }
  return issuer.sign(onBehalfOfClaims({ authority: issuer.url, api: blueprint, version, claims: all }))
}

const verify = (token: string) => verifier.verify(`Bearer ${token}`)

/** What becomes of an `Authorization` header: the problem, with the challenge of the response. */
const judge = (authorization: string | undefined): Promise<string> =>
  verifier.verify(authorization).then(
    ({ objectId }) => (objectId === ada ? 'accepted, for Ada' : 'accepted, for somebody else'),
    error => `${describeProblem(error)}\n  challenge: ${error.options.headers?.['www-authenticate']}`,
  )

// biome-ignore format: table
const headers: readonly (readonly [what: string, header: string | undefined])[] = [
  ['none', undefined],
  ['an empty one', ''],
  ['of another scheme', 'Basic dXNlcjpwYXNzd29yZA=='],
  ['with words before', 'Not Bearer e30.e30.e30'],
  ['without a token', 'Bearer'],
  ['with two tokens', 'Bearer one two'],
  ['with what is no token', 'Bearer not-a-token'],
  ['with empty claims', 'Bearer e30.e30.e30'],
]
// biome-ignore format: table
const tokens: readonly (readonly [what: string, claims: Claims, version?: 'v1'])[] = [
  ['as the page gets it', {}],
  ['in the v1 form', {}, 'v1'],
  ['with several scopes', { scp: 'profile access_as_user' }],
  ['marked as a user’s', { idtyp: 'user' }],
  ['with the user’s roles', { roles: ['Reader'] }],
  ['without a start time', { nbf: undefined }],
  ['for Microsoft Graph', { aud: '00000003-0000-0000-c000-000000000000' }],
  ['of version 2 with the audience of version 1', { aud: `api://${blueprintAppId}` }],
  ['of version 1 with the audience of version 2', { aud: blueprintAppId }, 'v1'],
  ['of an application', { idtyp: 'app', scp: undefined }],
  ['of an application, without idtyp', { scp: undefined, roles: ['Any'] }],
  ['bound to a key', { cnf: { kid: 'device-key' } }],
  ['for another scope', { scp: 'access_as_user_too' }],
  ['marked as a user’s, without a scope', { idtyp: 'user', scp: undefined }],
]

it('A header or a token of a user passes, or is refused by a problem with a challenge in the form of RFC 6750', async () => {
  const blocks: string[] = []
  for (const [what, header] of headers)
    blocks.push(`# an Authorization header: ${what}\n${await judge(header)}\n`)
  for (const [what, claims, version] of tokens)
    blocks.push(`# a token: ${what}\n${await judge(`Bearer ${userToken(claims, version)}`)}\n`)
  await expect(blocks.join('\n')).toMatchFileSnapshot('user-token.txt')
})

it('A token that passes is returned with what the trace shows of it', async () => {
  const token = userToken()
  const user = await verify(token)
  expect(user).toMatchObject({
    raw: token,
    objectId: ada,
    header: { alg: 'RS256', kid: issuer.key.kid },
    claims: { oid: ada },
  })
  expect(user.fingerprint).toMatch(/^[0-9a-f]{12}$/)
  const names = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission']
  expect(user.checks).toEqual(names.map(name => ({ name, ok: true })))
})

it('A token is refused for each fault in the list of bad tokens, with USER_TOKEN_WRONG_AUDIENCE if and only if the audience is wrong', async () => {
  allowClients([ids.agentClientId])
  // Bad facets are left out: a user's client need not be an agent. So are tokens for the blueprint: they are valid here.
  const corpus = badTokens(issuer, blueprint).filter(({ name }) => !/facet|blueprint \(Tc\)/.test(name))
  const outcomes = await Promise.all(
    corpus.map(async ({ name, token, failedCheck }) => {
      const { code } = (await verify(token).catch((error: { code: string }) => error)) as { code?: string }
      return { name, isAudience: failedCheck === 'audience', code: String(code) }
    }),
  )
  expect(outcomes.filter(({ code }) => !code.startsWith('USER_TOKEN_'))).toEqual([])
  const isWrong = ({ code, isAudience }: (typeof outcomes)[number]) =>
    (code === 'USER_TOKEN_WRONG_AUDIENCE') !== isAudience
  expect(outcomes.filter(isWrong)).toEqual([])
  expect(outcomes.length).toBeGreaterThan(300)
})

it('A token is refused if the client that obtained it is missing from the configured list of clients', async () => {
  allowClients([pageAppId])
  const passing = [userToken(), userToken({}, 'v1')]
  for (const token of passing) expect(await judge(`Bearer ${token}`)).toBe('accepted, for Ada')
  for (const azp of [blueprintAppId, undefined, [pageAppId]])
    await expect(verify(userToken({ azp }))).rejects.toMatchObject({ code: 'USER_TOKEN_INVALID' })
})

it('A token is refused from the second of its expiry on, and the refusal names that time', async () => {
  const exp = Math.floor(Date.now() / 1000) + 60
  const token = userToken({ exp })
  vi.useFakeTimers({ toFake: ['Date'], now: exp * 1000 })
  await expect(verify(token)).rejects.toMatchObject({
    code: 'USER_TOKEN_EXPIRED',
    message: `The token expired at ${new Date(exp * 1000).toISOString()}.`,
  })
})

it('A token may become valid (`nbf`) up to five minutes ahead of the local clock', async () => {
  const start = Math.floor(Date.now() / 1000)
  vi.useFakeTimers({ toFake: ['Date'], now: start * 1000 })
  const [soon, later] = [userToken({ nbf: start + 300 }), userToken({ nbf: start + 301 })]
  await expect(verify(soon)).resolves.toMatchObject({ claims: { nbf: start + 300 } })
  await expect(verify(later)).rejects.toThrow('not valid yet')
})

it('A token is refused as ENTRA_UNAVAILABLE, not as unusable, while Entra’s keys are out of reach', async () => {
  await issuer.stop()
  try {
    await expect(verify(userToken())).rejects.toMatchObject({
      code: 'ENTRA_UNAVAILABLE',
      message: 'Entra’s signing keys cannot be fetched.',
      options: { upstream: { service: 'entra' }, cause: expect.any(Error) },
    })
    expect(warn).toHaveBeenCalledOnce()
  } finally {
    await issuer.start()
  }
})
