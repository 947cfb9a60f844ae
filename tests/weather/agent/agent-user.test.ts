import { writeFileSync } from 'node:fs'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import { flowNames, type Instructions } from '@entra-agents/trace'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ask, bearer, tokenCards } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { resetStack, tenantOf, tokenRequests } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

const { agentId, agentUserId, ada } = identities
const file = temporaryFile('agents.json')
const agent = {
  title: 'Weather',
  clientId: agentId,
  agentUser: { objectId: agentUserId },
  flows: flowNames,
}
writeFileSync(file, JSON.stringify({ agents: { weather: agent } }))
const weather = { AGENT_USERS: `${agentId}=${agentUserId}` }
const stack = await forFile(Stack.start({ weather, agent: { AGENTS_CONFIG: file } }))
const token = bearer(await stack.signIn(ada.oid))
const askAsUser = () => ask(stack.agentUrl, { flow: 'agent-user' }, token)
const get = async (path: string): Promise<unknown> => (await fetch(`${stack.agentUrl}${path}`)).json()
// The agent's first check of the sidecar asks for the same token; no test may restart the sidecar meanwhile.
const hasToken = (line: string) => /"flow":"agent-user".*The agent has a token/.test(line)
beforeAll(() => vi.waitUntil(() => stack.agentLog.some(hasToken), { timeout: 30_000 }))
beforeEach(async () => {
  await resetStack(stack)
  stack.agentLog.length = 0
})

describe('A turn as the agent’s own user account', () => {
  it('gets TR by T1 and T2, acts as the account and not for a signed-in user, and the API confirms this', async () => {
    const { status, body, text } = await askAsUser()
    expect(text).not.toContain(ada.oid)
    expect({ status, flow: body.flow }).toEqual({ status: 200, flow: 'agent-user' })
    const legs = tokenRequests(stack).map(({ leg }) => leg)
    expect(legs.filter(leg => leg === 't2' || leg === 'agent-user')).toEqual(['t2', 'agent-user'])
    expect(tokenCards(body.trace, 'T2')).toMatchObject([{ observed: false, claims: { azp: agentId } }])
    expect(tokenCards(body.trace, 'TR').at(-1)).toMatchObject({
      actsAs: 'agent-user',
      claims: { azp: agentId, oid: agentUserId, scp: 'Weather.Read' },
    })
    const call = body.trace.findLast(({ kind }) => kind === 'api-call')
    expect(call?.response?.body).toMatchObject({
      validated: { flow: 'agent-user', kind: 'agentUser', caller: agentId, on_behalf_of: agentUserId },
    })
    expect(body.trace.find(({ kind }) => kind === 'validation')?.status).toBe('ok')
    const issued = stack.agentLog.map(line => JSON.parse(line)).find(({ audit }) => audit === 'issued')
    expect(issued).toMatchObject({ flow: 'agent-user', caller: agentId, agentUser: agentUserId })
  })

  it('claims no correlation id that Entra has not seen: only the token’s id leads to Entra’s row', async () => {
    const { body } = await askAsUser()
    const asked = tokenRequests(stack)
    expect(asked.map(({ correlationId }) => correlationId)).not.toContain(body.turnId)
    const steps = body.trace.filter(({ kind, from }) => kind === 'token-request' && from === 'agent')
    expect(steps.map(({ logIds }) => logIds)).toEqual([{ tokenId: asked.at(-1)?.tokenId }])
  })
})

describe('The agent’s own user account', () => {
  it('is checked for the status even if no user has signed in', async () => {
    await stack.restart('agent')
    const ready = { flows: { 'agent-user': { state: 'ready' } } }
    await expect.poll(() => get('/api/status')).toMatchObject(ready)
    const user = tenantOf(stack).directory.user(agentUserId)
    if (!user) throw new Error('The tenant has no such user.')
    user.accountEnabled = false
    for (const part of ['sidecar', 'agent'] as const) await stack.restart(part)
    const unusable = { state: 'unavailable', problem: { code: 'AGENT_USER_UNUSABLE' } }
    await expect
      .poll(() => get('/api/status'))
      .toMatchObject({
        status: 'degraded',
        flows: { autonomous: { state: 'ready' }, 'agent-user': unusable },
      })
  })

  it('is reported to have the scope that a tool needs; whether it has the scope is unknown if it gets no token', async () => {
    const tools = async () => ((await get('/api/instructions?flow=agent-user')) as Instructions).tools
    const needs = { api: 'weather-api', permission: 'Weather.Read', kind: 'scope' }
    expect(await tools()).toMatchObject(Array(2).fill({ needs, held: true }))
    tenantOf(stack).directory.content.permissionGrants = []
    await stack.restart('sidecar')
    expect((await tools()).map(({ held }) => held)).toEqual([null, null])
  })
})
