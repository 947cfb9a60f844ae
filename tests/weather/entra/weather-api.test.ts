import type { AddressInfo } from 'node:net'
import { buildApp } from '@entra-agents/weather-api/app'
import { readConfig } from '@entra-agents/weather-api/config'
import type { FastifyInstance } from 'fastify'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seedIds } from '../../../emulators/entra/src/directory/seed.ts'
import { ada, signIn } from '../../../emulators/entra/src/testing/browser.ts'
import {
  requestCustomToken,
  requestObo,
  requestT1,
  requestTr,
  requestTrAsUser,
  sendJson,
} from '../../../emulators/entra/src/testing/requests.ts'
import {
  agentId,
  blueprintAppId,
  startEntra,
  type TestEntra,
  tenantId,
  weatherAppId,
} from '../../../emulators/entra/src/testing/start-entra.ts'
import { identities } from '../../support/identities.ts'

const { alertsAgentId, traineeAgentId } = identities

describe.each(['1', '2'])('tokens of version %s', version => {
  let entra: TestEntra
  let weather: FastifyInstance
  let weatherUrl: string
  beforeAll(async () => {
    entra = await startEntra({ WEATHER_API_TOKEN_VERSION: version })
    weather = await buildApp(
      readConfig({
        LOG_LEVEL: 'silent',
        TENANT_ID: tenantId,
        WEATHER_API_APP_ID: weatherAppId,
        AGENT_CLIENT_ID: `${agentId},${traineeAgentId}`,
        AGENT_USERS: `${agentId}=${seedIds.agentUser}`,
        ENTRA_AUTHORITY: entra.url,
        WEATHER_PROVIDER: 'climate-normals',
      }),
    )
    await weather.listen({ host: 'localhost', port: 0 })
    weatherUrl = `http://localhost:${(weather.server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    await weather.close()
    await entra.close()
  })
  beforeEach(() => entra.entra.reset())

  async function ask(jwt: string) {
    const headers = { authorization: `Bearer ${jwt}` }
    const response = await fetch(`${weatherUrl}/weather?city=Oslo`, { headers })
    const { validated, failedCheck } = JSON.parse(await response.text())
    return { status: response.status, validated, failedCheck }
  }

  const tokenOf = async (response: ReturnType<typeof requestTr>): Promise<string> =>
    (await response).body.access_token

  async function tokenOfAgent(id: string): Promise<string> {
    const t1 = await tokenOf(requestT1(entra, { fmi_path: id }))
    return tokenOf(requestTr(entra, { client_id: id, client_assertion: t1 }))
  }

  it('let the agent in as itself', async () => {
    const caller = { flow: 'autonomous', caller: agentId, on_behalf_of: null, signature_verified: true }
    expect(await ask(await tokenOf(requestTr(entra)))).toMatchObject({ status: 200, validated: caller })
  })

  it('let the agent in on behalf of a user', async () => {
    const tc = await tokenOf(signIn(entra, ada))
    const caller = { flow: 'obo', caller: agentId, on_behalf_of: ada }
    expect(await ask(await tokenOf(requestObo(entra, tc)))).toMatchObject({ validated: caller })
  })

  it.each([true, false])('let the agent’s own user account in, with optional claims: %s', async hasClaims => {
    const registration = entra.entra.directory.application(weatherAppId)
    if (registration && !hasClaims) registration.optionalClaims = null
    const caller = { flow: 'agent-user', kind: 'agentUser', caller: agentId, on_behalf_of: seedIds.agentUser }
    expect(await ask(await tokenOf(requestTrAsUser(entra)))).toMatchObject({ validated: caller })
  })

  it('do not let another user account of the agent in', async () => {
    const id = '00000000-0000-4000-8000-0000000000e3'
    const other = { id, displayName: 'other', userPrincipalName: 'other', mail: 'other' }
    entra.entra.directory.content.users.push({ ...other, identityParentId: agentId })
    expect(await ask(await tokenOf(requestTrAsUser(entra, { user_id: id })))).toMatchObject({ status: 401 })
  })

  it('do not let the blueprint in, even if its own token has the role', async () => {
    const weatherRole = { resource: `api://${weatherAppId}`, roles: ['Weather.Read.All'] }
    const token = await requestCustomToken(entra, { client: blueprintAppId, ...weatherRole })
    expect(await ask(token)).toMatchObject({ status: 403 })
  })

  it('do not let in an agent that is on the API’s list of callers but has no role from Entra', async () => {
    const token = await tokenOfAgent(traineeAgentId)
    expect(decodeJwt(token)).not.toHaveProperty('roles')
    expect(await ask(token)).toMatchObject({ status: 403, failedCheck: 'permission' })
  })

  it('do not let in an agent that has the role from Entra but is not on the API’s list of callers', async () => {
    const role = { resourceId: seedIds.weatherPrincipal, appRoleId: seedIds.weatherReadAllRole }
    const assignment = { id: 'of-alerts', principalId: alertsAgentId, createdDateTime: '', ...role }
    entra.entra.directory.content.appRoleAssignments.push(assignment)
    const token = await tokenOfAgent(alertsAgentId)
    expect(decodeJwt(token)).toMatchObject({ roles: ['Weather.Read.All'] })
    expect(await ask(token)).toMatchObject({ status: 403, failedCheck: 'caller' })
  })

  it('are accepted after a rotation of the key, whether the old or the new key signed them', async () => {
    const old = await tokenOf(requestTr(entra))
    await sendJson(entra, 'POST', '/emulator/keys/rotate', { overlapSeconds: 3_600 })
    for (const token of [await tokenOf(requestTr(entra)), old])
      expect(await ask(token)).toMatchObject({ status: 200 })
  })
})
