import { writeFileSync } from 'node:fs'
import { tenant } from '@entra-agents/demo-tenant'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { afterAll, expect, it } from 'vitest'
import type { Decision } from '../options.ts'
import { autonomousClaims, onBehalfOfClaims } from '../testing/agent-claims.ts'
import { startProtectedApi } from '../testing/protected-api.ts'
import { checkNames } from '../token-refused.ts'

const agent = tenant.agents.weather.id
const otherAgent = '99999999-0000-4000-8000-000000000099'
const file = temporaryFile('deny-list.json')
const decisions: Decision[] = []
const now = Math.floor(Date.now() / 1000)
const rows = [{ agent: otherAgent }, { agent, issuedBefore: now }, { uti: 'stolen' }]
writeFileSync(file, JSON.stringify(rows))
const api = await startProtectedApi({
  callers: [agent, otherAgent].map(clientId => ({ clientId, isAgent: true })),
  denyList: file,
  onDecision: decision => void decisions.push(decision),
})
afterAll(() => api.close())

const ask = (claims: Record<string, unknown>, make = autonomousClaims) =>
  api.ask(api.issuer.sign(make({ authority: api.issuer.url, claims: { iat: now, ...claims } })))

it('A denied agent gets 403 and insufficient_scope with every token, even with one on behalf of a user', async () => {
  for (const make of [autonomousClaims, onBehalfOfClaims]) {
    const own = make === autonomousClaims ? { oid: otherAgent, sub: otherAgent } : {}
    const { status, body, headers } = await ask({ azp: otherAgent, ...own, iat: now + 30 }, make)
    expect(status).toBe(403)
    expect(body).toMatchObject({
      code: 'WEATHER_DENIED',
      failedCheck: 'deny-list',
      detail: 'The agent is on the deny list of this API.',
    })
    expect(headers['www-authenticate']).toContain('error="insufficient_scope"')
  }
})

it('A denied call lists the checks of the token, then the deny list: nothing about caller and permission was decided', async () => {
  const { body } = await ask({ uti: 'stolen' })
  expect(body.checks).toEqual([
    ...['signature', 'issuer', 'tenant', 'audience', 'lifetime'].map(name => ({ name, ok: true })),
    { name: 'deny-list', ok: false },
  ])
})

it('A denied agent that also lacks the permission is refused because of the denial', async () => {
  const { status, body } = await ask({ azp: otherAgent, oid: otherAgent, sub: otherAgent, roles: [] })
  expect([status, body]).toMatchObject([403, { failedCheck: 'deny-list' }])
})

it('If a token is on the deny list but its agent is not, the response is 401, so that the agent fetches another token', async () => {
  for (const claims of [{ iat: now - 1 }, { uti: 'stolen' }, { iat: undefined }]) {
    const { status, body, headers } = await ask(claims)
    expect([status, body]).toMatchObject([401, { code: 'WEATHER_TOKEN_REJECTED', failedCheck: 'deny-list' }])
    expect(headers['www-authenticate']).toContain(
      'error="invalid_token", error_description="deny-list: The token is on the deny list',
    )
  }
})

it('If neither token nor agent is on the deny list, the token passes, and deny-list is among its passed checks', async () => {
  const { status, body } = await ask({})
  expect(status).toBe(200)
  expect(body.checks.at(-1)).toEqual({ name: 'deny-list', ok: true })
  for (const { name } of body.checks) expect(checkNames).toContain(name)
})

it('An invalid token of a denied agent is refused because it is invalid, not because of the deny list', async () => {
  expect((await ask({ azp: otherAgent, aud: 'other' })).body).toMatchObject({ failedCheck: 'audience' })
})

it('A decision about a denied call says whose token it was, and that the deny list refused it', async () => {
  await ask({ azp: otherAgent, oid: otherAgent, sub: otherAgent })
  expect(decisions.at(-1)).toMatchObject({
    outcome: 'deny-list',
    identity: { flow: 'autonomous', caller: otherAgent },
  })
})

it('Until a configured deny list has been read, every token gets 503', async () => {
  const unread = await startProtectedApi({ denyList: temporaryFile('missing.json') })
  for (const token of [
    unread.issuer.sign(autonomousClaims({ authority: unread.issuer.url })),
    'e30.e30.e30',
  ]) {
    const { status, body, headers } = await unread.ask(token)
    expect([status, body.code, headers['retry-after']]).toEqual([503, 'DENY_LIST_UNAVAILABLE', '5'])
  }
  await unread.close()
})
