import { createAgentTokens } from '@entra-agents/identity'
import Fastify from 'fastify'
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest'
import { weatherToolset } from '../../../services/agent/src/tools/weather/testing/toolset.ts'
import { ask } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { agentIdentity, identities } from '../../support/identities.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const { ada, ben, blueprintAppId } = identities
const stack = await forFile(startSettledStack())
beforeEach(() => resetStack(stack))

it('Thirty turns at the same time ask Entra once for each token, although the sidecar itself shares no requests', async () => {
  const adas = await stack.signIn(ada.oid)
  const bens = await stack.signIn(ben.oid)
  // A turn joins no request that began two seconds ago, as on a busy machine the first one may have. So no time passes.
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      n % 3 === 0 ? askWeather(stack, 'autonomous') : askWeather(stack, 'obo', n % 3 === 1 ? adas : bens),
    ),
  )
  const legs = tokenRequests(stack).map(({ leg }) => leg)
  expect(legs.filter(leg => leg === 'tr')).toHaveLength(1)
  expect(legs.filter(leg => leg === 'obo')).toHaveLength(2)
})

it('Entra gets the turn’s id as the correlation id, but not the trace id that an unknown caller sent', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01` }
  const { turnId } = (await ask(stack.agentUrl, {}, headers)).body
  const seen = tokenRequests(stack)
  expect(seen.map(({ leg }) => leg)).toEqual(['t1', 'tr'])
  expect(seen.at(-1)?.correlationId).toBe(turnId)
  for (const { traceparent = '' } of seen) expect(traceparent).not.toContain(traceId)
  expect(stack.agentLog.join('')).toContain(turnId)
})

it('A user’s token of version 1 is accepted too', async () => {
  const blueprint = tenantOf(stack).directory.application(blueprintAppId)
  if (blueprint) blueprint.api.requestedAccessTokenVersion = 1
  const { status, body } = await askWeather(stack, 'obo')
  expect(status).toBe(200)
  const card = body.trace.find(step => step.token?.role === 'Tc')?.token
  expect(card?.claims).toMatchObject({ ver: '1.0', aud: `api://${blueprintAppId}` })
})

it('A user’s token leads to tokens for its own user only: a token for another user is refused', async () => {
  const { api } = weatherToolset()
  const tokens = createAgentTokens({
    sidecarUrl: stack.sidecarUrl,
    agents: [agentIdentity],
    apis: [api],
    lookAtEntra: async () => 'responds',
    logger: Fastify({ logger: false }).log,
  })
  onTestFinished(() => tokens.close())
  const raw = await stack.signIn(ada.oid)
  const obtainFor = (objectId: string) =>
    tokens.obtain({
      agent: agentIdentity,
      flow: 'obo',
      api,
      user: { raw, objectId, fingerprint: '000000000000', header: {}, claims: {}, checks: [] },
      correlationId: '99999999-0000-4000-8000-000000000002',
      traceparent: undefined,
      signal: new AbortController().signal,
    })
  await expect(obtainFor(ben.oid)).rejects.toMatchObject({ code: 'TOKEN_FLOW_MISMATCH' })
  await expect(obtainFor(ada.oid)).resolves.toMatchObject({ claims: { oid: ada.oid } })
})
