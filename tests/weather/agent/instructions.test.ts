import type { Instructions } from '@entra-agents/trace'
import { describe, expect, it } from 'vitest'
import { bearer } from '../../contract/agent/ask.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { tenantOf } from '../identity/trial.ts'
import { Stack } from '../support/stack.ts'

const stack = await forFile(Stack.start())

async function get(query: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${stack.agentUrl}/api/instructions?${query}`, { headers })
  const text = await response.text()
  return { status: response.status, text, body: JSON.parse(text) as Instructions & { code?: string } }
}

describe('/api/instructions', () => {
  it('returns the system prompt and each tool with the right that it needs, and whether the agent has that right', async () => {
    const { status, body } = await get('agent=default&flow=autonomous')
    expect(status).toBe(200)
    expect(body.systemPrompt).toMatch(/^You are an assistant.*Today is \d{4}-\d\d-\d\d \(UTC\)\.$/s)
    const needs = { api: 'weather-api', permission: 'Weather.Read.All', kind: 'role' }
    expect(body.tools).toMatchObject([
      {
        name: 'get_weather',
        description: 'Current weather of one city.',
        api: 'weather-api',
        needs,
        held: true,
      },
      { name: 'get_forecast', inputSchema: { required: ['city', 'days'] }, needs, held: true },
    ])
  })

  it('says whether the agent lacks a right, or that this is unknown if no token can be obtained', async () => {
    const { content } = tenantOf(stack).directory
    const assigned = content.appRoleAssignments
    content.appRoleAssignments = []
    await stack.restart('sidecar')
    expect((await get('flow=autonomous')).body.tools.map(({ held }) => held)).toEqual([false, false])
    content.appRoleAssignments = assigned
    await stack.stop('sidecar')
    expect((await get('flow=autonomous')).body.tools.map(({ held }) => held)).toEqual([null, null])
    await stack.start('sidecar')
  })

  it('requires the user’s token in the obo flow, and returns nothing about the user', async () => {
    expect(await get('flow=obo')).toMatchObject({ status: 401, body: { code: 'SIGN_IN_REQUIRED' } })
    const { ada } = identities
    const { body, text } = await get('flow=obo', bearer(await stack.signIn(ada.oid)))
    expect(body.tools[0]).toMatchObject({
      needs: { permission: 'Weather.Read', kind: 'scope' },
      held: null,
    })
    expect(text).not.toContain(ada.oid)
    expect(text).not.toContain('eyJ')
  })

  it('refuses unknown agents and flows, and users who are not signed in if sign-in is required', async () => {
    for (const query of ['', 'flow=root', 'flow=autonomous&agent=other', 'flow=autonomous&more=1']) {
      expect(await get(query)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } })
    }
    await stack.restart('agent', { REQUIRE_SIGN_IN: 'true' })
    expect(await get('flow=autonomous')).toMatchObject({ status: 401, body: { code: 'SIGN_IN_REQUIRED' } })
  })
})
