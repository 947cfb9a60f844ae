import { expect, it } from 'vitest'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestT1, requestTr } from '../testing/requests.ts'
import { agentId, blueprintAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

const readReport = async (path: string, scopes: readonly string[] = ['AuditLog.Read.All']) =>
  graph.send('GET', path, undefined, await graph.as({ scopes }))
const readClientReport = (appId: string) =>
  readReport(`/beta/reports/servicePrincipalSignInActivities?$filter=appId eq '${appId}'`)
const readSecretsReport = () =>
  readReport(`/beta/reports/appCredentialSignInActivities?$filter=appId eq '${blueprintAppId}'`)

it('clients and secrets are in the reports once they were used to get a token', async () => {
  expect((await readClientReport(agentId)).body.value).toEqual([])
  expect((await readSecretsReport()).body.value).toEqual([])
  await requestTr(entra)
  const [agent] = (await readClientReport(agentId)).body.value
  expect(agent).toMatchObject({
    appId: agentId,
    lastSignInActivity: { lastSignInDateTime: expect.stringMatching(/^\d{4}-/) },
    delegatedClientSignInActivity: null,
  })
  expect(agent.applicationAuthenticationClientSignInActivity).toEqual(agent.lastSignInActivity)
  const [secret, ...others] = (await readSecretsReport()).body.value
  expect(others).toEqual([])
  expect(secret).toMatchObject({ appId: blueprintAppId, keyType: 'clientSecret', keyId: expect.any(String) })
})

it('a refused request is not reported as a sign-in', async () => {
  expect((await requestT1(entra, { client_secret: 'wrong' })).status).toBe(401)
  expect((await readClientReport(blueprintAppId)).body.value).toEqual([])
})
