import { LatestRows } from '@entra-agents/emulator-kit'
import { expect, it } from 'vitest'
import { ada, Browser, signIn } from '../testing/browser.ts'
import { nameIds } from '../testing/describe-responses.ts'
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
import { agentId, blueprintAppId, requestToken, weatherAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

async function rowsOf(table: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${entra.url}/emulator/logs/${table}`, { headers })
  expect(response.headers.get('content-type')).toMatch(/^application\/x-ndjson/)
  const lines = (await response.text()).split('\n')
  expect(lines.pop()).toBe('')
  return lines.map(line => JSON.parse(line))
}

/** The rows of a table, one a line, without what is empty and what differs from run to run. */
async function describe(table: string): Promise<string> {
  const isEmpty = (value: unknown) =>
    value === null || value === '' || (Array.isArray(value) && !value.length)
  const rows = (await rowsOf(table)).map(row =>
    JSON.stringify(row, (_name, value) => (isEmpty(value) ? undefined : value)).replaceAll(
      /"(\w+)":/g,
      ' $1: ',
    ),
  )
  return nameIds(entra, `${table}\n${rows.join('\n')}\n`)
    .replaceAll(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, '<id>')
    .replaceAll(/"[\w-]{22}"/g, '"<uti>"')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
}

it('each token request has a row, also refused ones: of the blueprint, of the agent as itself, of users and of the agent’s own user', async () => {
  const { access_token: tc } = (await signIn(entra, ada)).body
  const t1 = await t1Of(entra)
  const { access_token: tr } = (await requestTr(entra, { client_assertion: t1 })).body
  await requestObo(entra, tc, { client_assertion: t1 })
  const { access_token: t2 } = (await requestT2(entra, { client_assertion: t1 })).body
  await requestTrAsUser(entra, { client_assertion: t1, user_federated_identity_credential: t2 })
  const form = { client_id: agentId, grant_type: 'client_credentials', scope: 'nonsense' }
  const correlationId = '7b1c2f0e-0000-4000-8000-00000000c0de'
  await requestToken(entra, form, { 'client-request-id': correlationId })
  await requestT1(entra, { client_secret: 'wrong' })
  entra.entra.faults.inject({ target: { leg: 'obo' }, fault: { kind: 'refuse', code: 53003 } })
  await requestObo(entra, tc)
  await fetch(`${entra.url}/elsewhere.example/oauth2/v2.0/token`, { method: 'POST' })
  await graph.send('POST', '/beta/identity/conditionalAccess/policies', {
    ...{ displayName: 'Block agents', state: 'enabled' },
    conditions: {
      applications: { includeApplications: ['All'] },
      clientApplications: { includeAgentIdServicePrincipals: ['All'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  })
  await requestTr(entra, { client_assertion: t1 })
  const tables = ['AADServicePrincipalSignInLogs', 'AADNonInteractiveUserSignInLogs', 'SigninLogs']
  const texts = await Promise.all(tables.map(describe))
  await expect(texts.join('\n')).toMatchFileSnapshot('sign-ins.txt')
  const rows = await rowsOf('AADServicePrincipalSignInLogs')
  expect(rows[2].UniqueTokenIdentifier).toBe(JSON.parse(atob(tr.split('.')[1])).uti)
  expect(rows[4].CorrelationId).toBe(correlationId)
})

it('each change of the directory has a row that says who changed what, without secrets; so have refused ones and a consent at a page', async () => {
  const scope = `api://${weatherAppId}/Weather.Read`
  const redirect_uri = 'http://localhost:3001/auth/consent.html'
  const query = { client_id: agentId, response_type: 'none', response_mode: 'query', scope, redirect_uri }
  const browser = new Browser(entra)
  await browser.answer({}, query)
  await browser.answer({ consent: 'accept' }, query)
  const path = `/applications/${blueprintAppId}`
  const { secretText } = (await graph.post(`${path}/addPassword`, {})).body
  const credential = { name: 'new', issuer: 'https://issuer.example', subject: 's', audiences: ['a'] }
  await graph.post(`${path}/federatedIdentityCredentials`, credential)
  await graph.enable(`/servicePrincipals/${agentId}`, false)
  await graph.remove(`/users/${seedIds.agentUser}`)
  const ben = { '@odata.id': `https://graph.microsoft.com/v1.0/users/${seedIds.ben}` }
  await graph.post(`${path}/sponsors/$ref`, ben)
  const assignments = `/servicePrincipals/${agentId}/appRoleAssignments`
  const [{ id, principalId, resourceId, appRoleId }] = (await graph.read(assignments)).value
  await graph.remove(`${assignments}/${id}`)
  const assignment = { principalId, resourceId, appRoleId }
  await graph.post(assignments, assignment)
  await graph.post(assignments, assignment, await graph.as({ scopes: ['User.Read'] }))
  const text = await describe('AuditLogs')
  expect(text).not.toContain(secretText)
  await expect(text).toMatchFileSnapshot('audits.txt')
})

it('each tenant has its own logs, of the latest rows only, and a reset empties them', async () => {
  const { body } = await sendJson(entra, 'POST', '/emulator/tenants', { tenant: { name: 'quiet' } })
  await requestT1(entra)
  expect(await rowsOf('AADServicePrincipalSignInLogs', { 'x-emulator-tenant': body.domain })).toEqual([])
  await sendJson(entra, 'POST', '/emulator/reset')
  expect(await rowsOf('AADServicePrincipalSignInLogs')).toEqual([])
  const latest = new LatestRows<number>(2)
  for (const row of [1, 2, 3]) latest.add(row)
  expect(latest.all).toEqual([2, 3])
})
