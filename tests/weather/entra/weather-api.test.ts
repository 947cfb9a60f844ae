import { describe, expect, it } from 'vitest'
import type { Entra } from '../../../emulators/entra/src/entra.ts'
import { ada, signIn } from '../../../emulators/entra/src/testing/browser.ts'
import {
  requestCustomToken,
  requestObo,
  requestT1,
  requestTr,
  requestTrAsUser,
  sendJson,
} from '../../../emulators/entra/src/testing/requests.ts'
import { seedIds } from '../../../emulators/entra/src/testing/seed-ids.ts'
import {
  agentId,
  blueprintAppId,
  startEntraForFile,
  weatherAppId,
} from '../../../emulators/entra/src/testing/start-entra.ts'
import { forFile } from '../../support/for-file.ts'
import { identities } from '../../support/identities.ts'
import { startWeatherOf } from '../weather-api/service.ts'

const { alertsAgentId, traineeAgentId } = identities
const otherAccount = '00000000-0000-4000-8000-0000000000e3'

describe.each(['1', '2'])('Tokens of version %s', async version => {
  const entra = await startEntraForFile({ WEATHER_API_TOKEN_VERSION: version })
  const callers = {
    AGENT_CLIENT_ID: `${agentId},${traineeAgentId}`,
    AGENT_USERS: `${agentId}=${seedIds.agentUser}`,
  }
  const weather = await forFile(startWeatherOf(entra.url, callers))

  async function ask(jwt: string) {
    const headers = { authorization: `Bearer ${jwt}` }
    const response = await fetch(`${weather.listeningOrigin}/weather?city=Oslo`, { headers })
    const { validated, failedCheck } = JSON.parse(await response.text())
    return { status: response.status, ...(failedCheck ? { failedCheck } : {}), ...validated }
  }

  const tokenOf = async (response: ReturnType<typeof requestTr>): Promise<string> =>
    (await response).body.access_token

  async function tokenOfAgent(id: string): Promise<string> {
    const t1 = await tokenOf(requestT1(entra, { fmi_path: id }))
    return tokenOf(requestTr(entra, { client_id: id, client_assertion: t1 }))
  }

  function addAccount({ directory: { content } }: Entra): void {
    const other = { id: otherAccount, displayName: 'other', userPrincipalName: 'other', mail: 'other' }
    content.users.push({ ...other, identityParentId: agentId })
  }

  function assignRole({ directory: { content } }: Entra): void {
    const role = { resourceId: seedIds.weatherPrincipal, appRoleId: seedIds.weatherReadAllRole }
    const assignment = { id: 'of-alerts', principalId: alertsAgentId, createdDateTime: '', ...role }
    content.appRoleAssignments.push(assignment)
  }

  function dropOptionalClaims({ directory }: Entra): void {
    const registration = directory.application(weatherAppId)
    if (registration) registration.optionalClaims = null
  }

  const asItself = { flow: 'autonomous', caller: agentId, on_behalf_of: null, signature_verified: true }
  const forAda = { flow: 'obo', caller: agentId, on_behalf_of: ada }
  const asUser = { flow: 'agent-user', kind: 'agentUser', caller: agentId, on_behalf_of: seedIds.agentUser }
  const custom = { client: blueprintAppId, resource: `api://${weatherAppId}`, roles: ['Weather.Read.All'] }

  // biome-ignore format: table
  it.each<[what: string, getToken: () => Promise<string>, outcome: object, happens?: (entra: Entra) => unknown]>([
    ['let the agent in as itself', () => tokenOf(requestTr(entra)), asItself],
    ['let the agent in on behalf of a user', async () => tokenOf(requestObo(entra, await tokenOf(signIn(entra, ada)))), forAda],
    ['let the agent’s own user account in', () => tokenOf(requestTrAsUser(entra)), asUser],
    ['let the agent’s own user account in without optional claims', () => tokenOf(requestTrAsUser(entra)), asUser, dropOptionalClaims],
    ['do not let another user account of the agent in', () => tokenOf(requestTrAsUser(entra, { user_id: otherAccount })), { status: 401 }, addAccount],
    ['do not let the blueprint in, even if its own token has the role', () => requestCustomToken(entra, custom), { status: 403 }],
    ['do not let in a caller of the API without a role from Entra', () => tokenOfAgent(traineeAgentId), { status: 403, failedCheck: 'permission' }],
    ['do not let in an agent with a role that is no caller of the API', () => tokenOfAgent(alertsAgentId), { status: 403, failedCheck: 'caller' }, assignRole],
  ])('%s', async (_what, getToken, outcome, happens) => {
    happens?.(entra.entra)
    expect(await ask(await getToken())).toMatchObject({ status: 200, ...outcome })
  })

  it('are accepted after a rotation of the key, whether the old or the new key signed them', async () => {
    const old = await tokenOf(requestTr(entra))
    await sendJson(entra, 'POST', '/emulator/keys/rotate', { overlapSeconds: 3_600 })
    for (const token of [await tokenOf(requestTr(entra)), old])
      expect(await ask(token)).toMatchObject({ status: 200 })
  })
})
