import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import { describe, expect, it } from 'vitest'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { askWeather, resetStack, startSettledStack, tenantOf, tokenRequests } from './trial.ts'

const { agentId, ada } = identities
const stack = await forFile(startSettledStack())

it('A turn refused in the obo flow never becomes autonomous: the sidecar does not even ask Entra for the agent’s own token', async () => {
  await resetStack(stack)
  const token = await stack.signIn(ada.oid)
  const { content } = tenantOf(stack).directory
  content.permissionGrants = content.permissionGrants.filter(grant => grant.clientId !== agentId)
  expect((await askWeather(stack, 'obo', token)).body).toMatchObject({
    code: 'CONSENT_REQUIRED',
    needs: { api: 'weather-api', permission: 'Weather.Read', kind: 'scope' },
  })
  expect(tokenRequests(stack).filter(request => request.leg === 'tr')).toEqual([])
})

describe('A user', () => {
  it('gets AGENT_IDENTITY_NOT_HONOURED if the sidecar ignores the agent identity and obtains a token for the blueprint', async () => {
    await resetStack(stack, { Sidecar__AllowOverrides__GetAuthorizationHeader: 'false' })
    const { directory } = tenantOf(stack)
    const idOf = (appId: string) => directory.principal(appId)?.id ?? ''
    directory.grant({
      clientId: idOf(identities.blueprintAppId),
      consentType: 'AllPrincipals',
      principalId: null,
      resourceId: idOf(identities.weatherAppId),
      scope: 'Weather.Read',
    })
    const { body } = await askWeather(stack, 'obo')
    expect(body.code).toBe('AGENT_IDENTITY_NOT_HONOURED')
    expect(body.hint).toContain('Sidecar__AllowOverrides__GetAuthorizationHeader=true')
  })

  it('gets ENTRA_UNAVAILABLE, not a demand to sign in again, if the sidecar cannot fetch Entra’s keys', async () => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
    await stack.restart('sidecar')
    tenantOf(stack).faults.inject({ target: { leg: 'keys' }, fault: { kind: 'refuse', code: 90033 } })
    const { body } = await askWeather(stack, 'obo', token)
    expect(body).toMatchObject({ code: 'ENTRA_UNAVAILABLE', upstream: { service: 'sidecar', status: 401 } })
    tenantOf(stack).faults.clear()
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
  })

  it('gets SIDECAR_UNREACHABLE in either flow while the sidecar is down; afterwards the agent answers without a restart', async () => {
    await resetStack(stack)
    const token = await stack.signIn(ada.oid)
    await stack.stop('sidecar')
    for (const flow of ['autonomous', 'obo'] as const) {
      const { body, status } = await askWeather(stack, flow, token)
      expect(status).toBe(503)
      expect(body).toMatchObject({ code: 'SIDECAR_UNREACHABLE', upstream: { service: 'sidecar' } })
    }
    await stack.start('sidecar')
    expect((await askWeather(stack, 'autonomous')).status).toBe(200)
    expect((await askWeather(stack, 'obo', token)).status).toBe(200)
  })

  it('gets SIDECAR_UNREACHABLE, and no problem that blames Entra, if the sidecar accepts connections but never responds', async () => {
    await resetStack(stack)
    await stack.stop('sidecar')
    const silent = await new LocalServer(() => undefined, 'localhost').start(portOf(stack.sidecarUrl))
    expect((await askWeather(stack, 'autonomous')).body.code).toBe('SIDECAR_UNREACHABLE')
    await silent.close()
    await stack.start('sidecar')
  })

  it('gets SIDECAR_REFUSED_CALLER if the sidecar takes the agent for a remote caller', async () => {
    const remote = new LocalServer((_request, response) => response.writeHead(403).end(), 'localhost')
    await stack.restart('agent', { SIDECAR_URL: (await remote.start()).url })
    const { body } = await askWeather(stack, 'autonomous')
    expect(body).toMatchObject({
      code: 'SIDECAR_REFUSED_CALLER',
      upstream: { service: 'sidecar', status: 403 },
    })
    await stack.restart('agent')
    await remote.close()
  })
})

function portOf(url: string): number {
  return Number(new URL(url).port)
}
