import { createAgentTokens } from '@entra-agents/identity'
import Fastify from 'fastify'
import { beforeEach, describe, expect, it } from 'vitest'
import { weatherToolset } from '../../../services/agent/src/tools/weather/testing/toolset.ts'
import { forFile } from '../../support/for-file.ts'
import { agentIdentity, identities } from '../../support/identities.ts'
import { postJson } from '../../support/post-json.ts'
import type { Stack } from '../support/stack.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const { api: weatherApi } = weatherToolset()

const { blueprintAppId, agentId, weatherAppId, pageAppId, ada, ben } = identities
const stack = await forFile(startSettledStack())
beforeEach(() => resetStack(stack))

type TokenChanges = Readonly<Record<string, unknown>>

/** A token that the emulator of Entra signs: valid except for the changes, such as `{ lifetimeSeconds: -1 }`. */
async function signToken(changes: TokenChanges = {}): Promise<string> {
  const right = {
    client: pageAppId,
    resource: `api://${blueprintAppId}`,
    user: ada.oid,
    scopes: ['access_as_user'],
  }
  const response = await postJson(`${stack.entraUrl}/emulator/tokens`, { ...right, ...changes })
  const { access_token: token } = (await response.json()) as { access_token?: string }
  if (!token) throw new Error(`Entra did not sign the token: ${response.status}`)
  return token
}

// biome-ignore format: table
const refusedTokens: readonly (readonly [string, number, string, TokenChanges])[] = [
  ['has expired', 401, 'USER_TOKEN_EXPIRED', { lifetimeSeconds: -1 }],
  ['is for the weather API', 401, 'USER_TOKEN_WRONG_AUDIENCE', { resource: `api://${weatherAppId}` }],
  ['is for Microsoft Graph', 401, 'USER_TOKEN_WRONG_AUDIENCE', { resource: 'https://graph.microsoft.com', scopes: ['User.Read'] }],
  ['has another scope', 403, 'USER_TOKEN_SCOPE_MISSING', { scopes: ['something_else'] }],
  ['is an application’s', 401, 'USER_TOKEN_INVALID', { user: undefined, scopes: undefined, roles: ['Any'] }],
  ['is of another tenant', 401, 'USER_TOKEN_INVALID', { claims: { tid: agentId } }],
  ['is of another issuer', 401, 'USER_TOKEN_INVALID', { claims: { iss: 'https://evil.example/v2.0' } }],
]

describe('A user’s token', () => {
  it.each(refusedTokens)(
    'that %s is refused with %i %s, and leads to no on-behalf-of request at Entra',
    async (_what, status, code, changes) => {
      const token = await signToken(changes)
      const reply = await askWeather(stack, 'obo', token)
      expect(reply.status).toBe(status)
      expect(reply.body.code).toBe(code)
      expect(tokenRequests(stack).filter(({ leg }) => leg === 'obo')).toEqual([])
    },
  )

  it('in the v1 form is accepted too', async () => {
    const blueprint = tenantOf(stack).directory.application(blueprintAppId)
    if (blueprint) blueprint.api.requestedAccessTokenVersion = 1
    const reply = await askWeather(stack, 'obo', await signToken())
    expect(reply.status).toBe(200)
    const card = reply.body.trace.find(step => step.token?.role === 'Tc')?.token
    expect(card?.claims).toMatchObject({ ver: '1.0', aud: `api://${blueprintAppId}` })
  })

  it('leads to tokens for its own user only: a token for another user is refused', async () => {
    const tokens = agentTokensOf(stack)
    const value = await stack.signIn(ada.oid)
    await expect(tokens.obtain(tokenRequestWith(value, ben.oid))).rejects.toMatchObject({
      code: 'TOKEN_FLOW_MISMATCH',
    })
    await expect(tokens.obtain(tokenRequestWith(value, ada.oid))).resolves.toMatchObject({
      claims: { oid: ada.oid },
    })
    await tokens.close()
  })
})

describe('Entra’s refusal of a token that got past the agent’s own check', () => {
  it('is reported as USER_TOKEN_INVALID for an application’s token (AADSTS7000114)', async () => {
    const tokens = agentTokensOf(stack)
    const value = await signToken({ user: undefined, scopes: undefined, roles: ['Any'] })
    await expect(tokens.obtain(tokenRequestWith(value, ada.oid))).rejects.toMatchObject({
      code: 'USER_TOKEN_INVALID',
      options: { upstream: { code: 'AADSTS7000114' } },
    })
    await tokens.close()
  })

  it('is reported as USER_TOKEN_INVALID for a token of another audience (AADSTS50013)', async () => {
    await stack.restart('sidecar', { AzureAd__Audience: weatherAppId })
    const tokens = agentTokensOf(stack)
    const value = await signToken({ resource: `api://${weatherAppId}`, scopes: ['Weather.Read'] })
    await expect(tokens.obtain(tokenRequestWith(value, ada.oid))).rejects.toMatchObject({
      code: 'USER_TOKEN_INVALID',
      options: { upstream: { code: 'AADSTS50013' } },
    })
    await tokens.close()
  })
})

/** The agent's client of the sidecar without the check of Tc in front of it. */
function agentTokensOf({ sidecarUrl }: Stack) {
  return createAgentTokens({
    sidecarUrl,
    agents: [agentIdentity],
    apis: [weatherApi],
    lookAtEntra: async () => 'responds',
    logger: Fastify({ logger: false }).log,
  })
}

function tokenRequestWith(value: string, objectId: string) {
  return {
    agent: agentIdentity,
    flow: 'obo' as const,
    api: weatherApi,
    user: { raw: value, objectId, fingerprint: '000000000000', header: {}, claims: {}, checks: [] },
    correlationId: '99999999-0000-4000-8000-000000000002',
    traceparent: undefined,
    signal: new AbortController().signal,
  }
}
