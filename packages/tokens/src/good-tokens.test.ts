import { tenant } from '@entra-agents/demo-tenant'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ResourceServerOptions } from './options.ts'
import { autonomousClaims, onBehalfOfClaims, weatherApi } from './testing/agent-claims.ts'
import { type ProtectedApi, startProtectedApi } from './testing/protected-api.ts'
import type { Claims } from './testing/token-issuer.ts'

const agentId = tenant.agents.weather.id
const { ada, ben } = tenant.users
const otherPrincipal = '99999999-0000-4000-8000-000000000078'
const allChecks = ['signature', 'issuer', 'tenant', 'audience', 'lifetime', 'caller', 'permission']
const withoutMarkers = {
  idtyp: undefined,
  xms_act_fct: undefined,
  xms_sub_fct: undefined,
  xms_par_app_azp: undefined,
}

describe('a good token', () => {
  let api: ProtectedApi
  beforeAll(async () => {
    api = await startProtectedApi()
  })
  afterEach(() => vi.useRealTimers())
  afterAll(() => api.close())

  const autonomous = (version: 'v1' | 'v2', claims: Claims = {}) =>
    api.issuer.sign(autonomousClaims({ version, authority: api.issuer.url, claims }))
  const onBehalfOf = (version: 'v1' | 'v2', claims: Claims = {}) =>
    api.issuer.sign(onBehalfOfClaims({ version, authority: api.issuer.url, claims }))

  it.each(['v1', 'v2'] as const)('of the agent (version %s) is recognised as autonomous', async version => {
    const { status, body } = await api.ask(autonomous(version))
    expect(status).toBe(200)
    expect(body).toEqual({
      flow: 'autonomous',
      kind: 'agent',
      caller: agentId,
      on_behalf_of: null,
      signature_verified: true,
      checks: allChecks.map(name => ({ name, ok: true })),
    })
  })

  it.each(['v1', 'v2'] as const)('for a user (version %s) is accepted for that user', async version => {
    const { status, body } = await api.ask(onBehalfOf(version))
    expect(status).toBe(200)
    expect(body).toEqual({
      flow: 'obo',
      kind: 'agentForUser',
      caller: agentId,
      on_behalf_of: ada.id,
      signature_verified: true,
      checks: allChecks.map(name => ({ name, ok: true })),
    })
  })

  it.each([weatherApi.appId, `api://${weatherApi.appId}`])(
    'of version 1 passes with the audience %s',
    async aud => {
      expect((await api.ask(autonomous('v1', { aud }))).status).toBe(200)
    },
  )

  it('passes without the optional claims about agents; roles, scopes and subject then show the flow', async () => {
    const itself = await api.ask(autonomous('v2', withoutMarkers))
    expect(itself.body).toMatchObject({ flow: 'autonomous', on_behalf_of: null })
    const forBen = await api.ask(onBehalfOf('v2', { ...withoutMarkers, oid: ben.id }))
    expect(forBen.body).toMatchObject({ flow: 'obo', on_behalf_of: ben.id })
  })

  it('passes with a clock difference of up to a minute, but not of more', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 6, 1) })
    const now = Date.UTC(2026, 6, 1) / 1000
    const valid = { exp: now + 3_600, nbf: now - 60, iat: now }
    for (const late of [{ exp: now - 59 }, { nbf: now + 60 }, { iat: now + 60 }, { exp: 253_402_300_799 }])
      expect((await api.ask(autonomous('v2', { ...valid, ...late }))).status).toBe(200)
    for (const tooLate of [{ exp: now - 60 }, { nbf: now + 61 }, { iat: now + 61 }])
      expect((await api.ask(autonomous('v2', { ...valid, ...tooLate }))).status).toBe(401)
  })

  it('passes in a header of up to 14,000 characters', async () => {
    const token = autonomous('v2')
    const padded = (length: number) => [
      'Authorization',
      `Bearer${' '.repeat(length - 'Bearer'.length - token.length)}${token}`,
    ]
    expect((await api.get('/', padded(14_000))).status).toBe(200)
    expect(await api.get('/', padded(14_001))).toMatchObject({
      status: 401,
      body: { failedCheck: 'format', detail: 'The token is too long.' },
    })
  })

  it('passes with less common forms of claims, such as an empty scp or an nbf of 0', async () => {
    const forms: Claims[] = [
      { scp: '/' },
      { scp: '' },
      { roles: ['Other.Role', 'Weather.Read.All'] },
      { xms_act_fct: '11' },
      { nbf: undefined, iat: undefined },
      { nbf: 0, iat: 0 },
      { ...withoutMarkers, scp: '/' },
      { ...withoutMarkers, scp: '' },
      { sub: 'another subject' },
      { groups: ['a'], wids: [], xms_unknown: { deep: [1, { x: null }] } },
      { azp: agentId, appid: agentId },
    ]
    for (const claims of forms) expect((await api.ask(autonomous('v2', claims))).status).toBe(200)
    expect((await api.ask(onBehalfOf('v1', { scp: 'openid Weather.Read profile' }))).status).toBe(200)
    expect((await api.ask(onBehalfOf('v1', { roles: ['Weather.Read.All'] }))).body.flow).toBe('obo')
  })

  it('passes with the scheme Bearer in any letter case, and with or without a typ in its header', async () => {
    const claims = autonomousClaims({ authority: api.issuer.url })
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR  ']) {
      const headers = ['Authorization', `${scheme} ${api.issuer.sign(claims)}`]
      expect((await api.get('/', headers)).status).toBe(200)
    }
    for (const typ of [undefined, 'jwt', 'at+jwt']) {
      expect((await api.ask(api.issuer.sign(claims, { typ, x5t: 'thumbprint' }))).status).toBe(200)
    }
  })

  it('is never confused with another token when 200 tokens are checked at the same time', async () => {
    const oids = Array.from({ length: 200 }, (_, index) => (index % 3 === 0 ? null : `user-${index}`))
    const responses = await Promise.all(
      oids.map(oid => api.ask(oid === null ? autonomous('v2') : onBehalfOf('v1', { oid }))),
    )
    expect(responses.map(({ body }) => body.on_behalf_of)).toEqual(oids)
  })
})

describe('the list of allowed callers', () => {
  const second = '99999999-0000-4000-8000-000000000099'

  it('allows exactly the agents that it names', async () => {
    const api = await startProtectedApi({
      callers: [{ clientId: second }, { clientId: second.replace(/9$/, '8') }],
    })
    const call = (azp: string) =>
      api.ask(
        api.issuer.sign(autonomousClaims({ authority: api.issuer.url, claims: { azp, oid: azp, sub: azp } })),
      )
    try {
      expect((await call(second)).body.caller).toBe(second)
      expect((await call(agentId)).status).toBe(403)
    } finally {
      await api.close()
    }
  })
})

describe('a client that is no agent', () => {
  const client = '99999999-0000-4000-8000-000000000077'
  /** Claims of a client that is no agent, at an API that requests facets as optional claims. */
  const ordinary = { azp: client, xms_act_fct: '9 3', xms_par_app_azp: undefined }
  const itself = { ...ordinary, oid: otherPrincipal, sub: otherPrincipal, xms_sub_fct: '3 9' }
  const callers = { callers: [{ clientId: agentId, isAgent: true }, { clientId: client }] }

  async function ask(options: Partial<ResourceServerOptions>) {
    const api = await startProtectedApi(options)
    const { issuer } = api
    const tokens = {
      forUser: issuer.sign(onBehalfOfClaims({ authority: issuer.url, claims: ordinary })),
      itself: issuer.sign(autonomousClaims({ authority: issuer.url, claims: itself })),
      withoutRights: issuer.sign(
        autonomousClaims({ authority: issuer.url, claims: { ...itself, roles: undefined } }),
      ),
    }
    try {
      return {
        forUser: await api.ask(tokens.forUser),
        itself: await api.ask(tokens.itself),
        withoutRights: await api.ask(tokens.withoutRights),
      }
    } finally {
      await api.close()
    }
  }

  it('may call for users and as itself if it is listed and has the permission', async () => {
    const { forUser, itself, withoutRights } = await ask(callers)
    expect(forUser).toMatchObject({
      status: 200,
      body: { flow: 'obo', caller: client, on_behalf_of: ada.id },
    })
    expect(itself).toMatchObject({
      status: 200,
      body: { flow: 'autonomous', caller: client, on_behalf_of: null },
    })
    expect(withoutRights).toMatchObject({ status: 403, body: { failedCheck: 'permission' } })
  })

  it.each([
    ['the client is not listed', {}],
    ['callers have to be agents', { ...callers, requireAgentMarker: true }],
  ])('may not call where %s', async (_where, options) => {
    const { forUser, itself } = await ask(options)
    expect(forUser).toMatchObject({ status: 403, body: { failedCheck: 'caller' } })
    expect(itself).toMatchObject({ status: 403, body: { failedCheck: 'caller' } })
  })
})

describe('requireAgentMarker', () => {
  it('refuses tokens without an agent’s facet', async () => {
    const api = await startProtectedApi({ requireAgentMarker: true })
    const call = (claims: Claims) =>
      api.ask(api.issuer.sign(autonomousClaims({ authority: api.issuer.url, claims })))
    try {
      expect((await call({})).status).toBe(200)
      expect(await call(withoutMarkers)).toMatchObject({ status: 403, body: { failedCheck: 'caller' } })
    } finally {
      await api.close()
    }
  })
})

describe('the option `verifySignature: false`', () => {
  it('is stated in every response, fetches no keys, and keeps all other checks', async () => {
    const api = await startProtectedApi({ verifySignature: false })
    const claims = autonomousClaims({ authority: api.issuer.url })
    const forged = (token: string) => `${token.split('.').slice(0, 2).join('.')}.AAAA`
    try {
      const response = await api.ask(forged(api.issuer.sign(claims)))
      expect(response.status).toBe(200)
      expect(response.body).toMatchObject({
        signature_verified: false,
        checks: allChecks.slice(1).map(name => ({ name, ok: true })),
      })
      expect((await api.ask(forged(api.issuer.sign({ ...claims, exp: 1 })))).status).toBe(401)
      expect((await api.ask(forged(api.issuer.sign({ ...claims, roles: [] })))).status).toBe(403)
      for (const alg of ['none', 'HS256', 'PS256'])
        expect((await api.ask(api.issuer.sign(claims, { alg }))).body.failedCheck).toBe('signature')
      const [header] = api.issuer.sign(claims).split('.')
      expect(await api.ask(`${header}.e30.A`)).toMatchObject({
        status: 401,
        body: { failedCheck: 'format', detail: 'The token is malformed.' },
      })
      expect(api.issuer.keyRequests).toBe(0)
    } finally {
      await api.close()
    }
  })
})
