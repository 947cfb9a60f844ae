import { LatestRows } from '@entra-agents/emulator-kit'
import * as wellKnown from '@entra-agents/trace/well-known'
import { expect, it } from 'vitest'
import { ada, Browser, signIn } from '../testing/browser.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import {
  requestObo,
  requestT1,
  requestT2,
  requestTr,
  requestTrAsUser,
  sendJson,
  t1Of,
} from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  setupAppId,
  spaAppId,
  tenantId,
  weatherAppId,
} from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

async function rowsOf(table: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${entra.url}/emulator/logs/${table}`, { headers })
  expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/)
  const lines = (await response.text()).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map(line => JSON.parse(line))
}

const blueprintRow = { AppId: blueprintAppId, Agent: { agentType: 'agentIdentityBlueprintPrincipal' } }
const agentRow = { AppId: agentId, Agent: { agentType: 'agenticAppInstance', parentAppId: blueprintAppId } }

it('each token request has a row: of the blueprint, of the agent as itself, of users and of the agent’s own user', async () => {
  const correlationId = '7b1c2f0e-0000-4000-8000-00000000c0de'
  const { access_token: tc } = (await signIn(entra, ada)).body
  const t1 = await t1Of(entra)
  const tr = await requestTr(entra, { client_assertion: t1 })
  await requestObo(entra, tc, { client_assertion: t1 })
  const { access_token: t2 } = (await requestT2(entra, { client_assertion: t1 })).body
  await requestTrAsUser(entra, { client_assertion: t1, user_federated_identity_credential: t2 })
  const form = { client_id: agentId, grant_type: 'client_credentials', scope: 'nonsense' }
  await requestToken(entra, form, { 'client-request-id': correlationId })
  const [setUp, blueprint, agent, exchange, refused] = await rowsOf('AADServicePrincipalSignInLogs')
  expect(setUp).toMatchObject({ AppId: setupAppId, Agent: { agentType: 'notAgentic' } })
  expect(blueprint).toMatchObject({
    ...blueprintRow,
    ...{ ClientCredentialType: 'clientSecret', ServicePrincipalCredentialKeyId: expect.stringMatching(/.-/) },
    ResourceIdentity: wellKnown.tokenExchangeAudience,
  })
  expect(agent).toMatchObject({
    ...agentRow,
    ...{
      ResultType: '0',
      ResourceIdentity: weatherAppId,
      ClientCredentialType: 'federatedIdentityCredential',
    },
    UniqueTokenIdentifier: JSON.parse(atob(tr.body.access_token.split('.')[1])).uti,
    Id: tr.headers.get('x-ms-request-id'),
    ConditionalAccessStatus: 'notApplied',
  })
  expect(exchange).toMatchObject({ ...agentRow, ResourceIdentity: wellKnown.tokenExchangeAudience })
  expect(refused).toMatchObject({ ...agentRow, ResultType: '7000218', CorrelationId: correlationId })
  const [onBehalfOf, asUser] = await rowsOf('AADNonInteractiveUserSignInLogs')
  expect(onBehalfOf).toMatchObject({
    ...{ AppId: agentId, UserId: ada, UserPrincipalName: 'ada@contoso.example' },
    Agent: { agentType: 'agenticAppInstance', agentSubjectType: 'notAgentic' },
  })
  expect(asUser).toMatchObject({
    UserId: seedIds.agentUser,
    Agent: { agentSubjectType: 'agentIDuser', agentSubjectParentId: agentId },
  })
  expect(await rowsOf('SigninLogs')).toMatchObject([
    { AppId: spaAppId, UserId: ada, ResourceIdentity: blueprintAppId, IsInteractive: true },
  ])
})

it('a refusal has a row with user and API, though nobody got that far; a tenant that is not there has none', async () => {
  const { access_token: tc } = (await signIn(entra, ada)).body
  await sendJson(entra, 'PUT', '/emulator/faults', {
    faults: [{ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 53003 } }],
  })
  await requestObo(entra, tc)
  const [row] = await rowsOf('AADNonInteractiveUserSignInLogs')
  expect(row).toMatchObject({
    ResultType: '53003',
    UserId: ada,
    ResourceIdentity: weatherAppId,
    AppId: agentId,
  })
  const count = (await rowsOf('AADServicePrincipalSignInLogs')).length
  await fetch(`${entra.url}/elsewhere.example/oauth2/v2.0/token`, { method: 'POST' })
  await requestT1(entra, { client_secret: 'wrong' })
  const rows = await rowsOf('AADServicePrincipalSignInLogs')
  expect(rows).toHaveLength(count + 1)
  expect(rows.at(-1)).toMatchObject({
    ...blueprintRow,
    ResultType: '7000215',
    ServicePrincipalCredentialKeyId: '',
  })
})

it('each change of the directory has a row that says who changed what, without secrets', async () => {
  const path = `/applications/${blueprintAppId}`
  const { secretText } = (await graph.post(`${path}/addPassword`, {})).body
  const credential = { name: 'new', issuer: 'https://issuer.example', subject: 's', audiences: ['a'] }
  await graph.post(`${path}/federatedIdentityCredentials`, credential)
  await graph.enable(`/servicePrincipals/${agentId}`, false)
  await graph.remove(`/users/${seedIds.agentUser}`)
  const ben = { '@odata.id': `https://graph.microsoft.com/v1.0/users/${seedIds.ben}` }
  await graph.post(`${path}/sponsors/$ref`, ben)
  const rows = await rowsOf('AuditLogs')
  expect(JSON.stringify(rows)).not.toContain(secretText)
  const blueprint = { id: blueprintAppId, type: 'Application' }
  const [secret, federation, disabled, deleted, sponsor] = rows
  expect(secret).toMatchObject({
    OperationName: 'Update application – Certificates and secrets management ',
    Result: 'success',
    InitiatedBy: { app: { appId: setupAppId, agentType: 'notAgentic' }, user: null },
    TargetResources: [{ ...blueprint, modifiedProperties: [{ displayName: 'KeyDescription' }] }],
  })
  expect(federation).toMatchObject({
    OperationName: 'Update application',
    TargetResources: [
      { ...blueprint, modifiedProperties: [{ displayName: 'FederatedIdentityCredentials' }] },
    ],
  })
  const [{ newValue }] = federation.TargetResources[0].modifiedProperties
  expect(JSON.parse(newValue)).toMatchObject([credential])
  const change = { displayName: 'AccountEnabled', oldValue: '[true]', newValue: '[false]' }
  expect(disabled).toMatchObject({
    OperationName: 'Update service principal',
    TargetResources: [{ id: agentId, modifiedProperties: [change] }],
  })
  expect(deleted).toMatchObject({
    OperationName: 'Delete user',
    TargetResources: [{ id: seedIds.agentUser }],
  })
  const { modifiedProperties } = sponsor.TargetResources[0]
  expect(modifiedProperties).toMatchObject([
    { displayName: 'Sponsors', newValue: expect.stringContaining(seedIds.ben) },
  ])
})

it('permissions name the API, the role and who has it, and refused changes have a row too', async () => {
  const roles = await graph.read(`/servicePrincipals/appId=${weatherAppId}`)
  const [{ id: appRoleId, value }] = roles.appRoles
  const assignment = { principalId: agentId, resourceId: roles.id, appRoleId }
  const path = `/servicePrincipals/${agentId}/appRoleAssignments`
  for (const { id } of (await graph.read(path)).value) await graph.remove(`${path}/${id}`)
  await graph.post(path, assignment)
  await graph.post(path, assignment, await graph.as({ scopes: ['User.Read'] }))
  const [added, refused] = (await rowsOf('AuditLogs')).slice(-2)
  const name = 'Add app role assignment to service principal'
  expect(added).toMatchObject({ OperationName: name, Result: 'success' })
  expect(added.TargetResources).toMatchObject([{ id: roles.id }, { id: agentId }])
  expect(added.TargetResources[0].modifiedProperties).toContainEqual({
    ...{ displayName: 'AppRole.Value', oldValue: '[]', newValue: JSON.stringify(value) },
  })
  expect(refused).toMatchObject({
    ...{ OperationName: name, Result: 'failure', ResultReason: expect.stringContaining('Insufficient') },
    InitiatedBy: { app: null, user: { userPrincipalName: 'ada@contoso.example' } },
  })
})

it('a consent at a page has a row', async () => {
  const scope = `api://${weatherAppId}/Weather.Read`
  const redirect_uri = 'http://localhost:3001/auth/consent.html'
  const query = { client_id: agentId, response_type: 'none', response_mode: 'query', scope, redirect_uri }
  const browser = new Browser(entra)
  await browser.answer({}, query)
  await browser.answer({ consent: 'accept' }, query)
  const [row] = await rowsOf('AuditLogs')
  expect(row).toMatchObject({
    OperationName: 'Consent to application',
    InitiatedBy: { user: { id: ada } },
    TargetResources: [{ id: agentId, type: 'ServicePrincipal' }],
  })
  expect(row.TargetResources[0].modifiedProperties).toMatchObject([
    { displayName: 'ConsentContext.IsAdminConsent', newValue: '"False"' },
    { displayName: 'ConsentAction.Permissions', newValue: expect.stringContaining('Weather.Read') },
  ])
})

it('each tenant has its own logs, of the latest rows only, and a reset empties them', async () => {
  const { body } = await sendJson(entra, 'POST', '/emulator/tenants', { tenant: { name: 'quiet' } })
  await requestT1(entra)
  expect(await rowsOf('AADServicePrincipalSignInLogs', { 'x-emulator-tenant': body.domain })).toEqual([])
  expect(entra.entra.config.tenantId).toBe(tenantId)
  await sendJson(entra, 'POST', '/emulator/reset')
  expect(await rowsOf('AADServicePrincipalSignInLogs')).toEqual([])
  const latest = new LatestRows<number>(2)
  for (const row of [1, 2, 3]) latest.add(row)
  expect(latest.all).toEqual([2, 3])
})

it('the row of a sign-in says what each policy of Conditional Access decided', async () => {
  const { body } = await graph.send('POST', '/beta/identity/conditionalAccess/policies', {
    displayName: 'Block agents',
    state: 'enabled',
    conditions: {
      applications: { includeApplications: ['All'] },
      clientApplications: { includeAgentIdServicePrincipals: ['All'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  })
  await requestTr(entra)
  expect((await rowsOf('AADServicePrincipalSignInLogs')).at(-1)).toMatchObject({
    ...{ ResultType: '53003', ConditionalAccessStatus: 'failure' },
    ConditionalAccessPolicies: [
      { displayName: 'Confirm changes by a second factor', result: 'notApplied' },
      { id: body.id, displayName: 'Block agents', result: 'failure' },
    ],
  })
})
