import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { newServicePrincipal, type User } from '../directory/objects.ts'
import { ada, Browser } from '../testing/browser.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import {
  requestCustomToken,
  requestT1,
  requestT2,
  requestTr,
  requestTrAsUser,
  t1Of,
} from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { agentId, blueprintAppId, startEntraForFile, tenantId, weatherAppId } from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const { agentUser } = seedIds
const siblingId = 'bbbbbbbb-0000-4000-8000-0000000000bb'
const content = () => entra.entra.directory.content

function changeUser(change: Partial<User>) {
  Object.assign(entra.entra.directory.user(agentUser) ?? {}, change)
}

it('a disabled agent gets T1, but neither T2 nor another token; once enabled again, it can use its earlier T1 and T2', async () => {
  const t1 = await t1Of(entra)
  const t2 = (await requestT2(entra)).body.access_token
  const agent = entra.entra.directory.principal(agentId) ?? { accountEnabled: true }
  agent.accountEnabled = false
  expect((await requestT1(entra)).status).toBe(200)
  for (const ask of [requestT2, requestTr])
    expect((await ask(entra, { client_assertion: t1 })).body.error_codes).toEqual([7000112])
  agent.accountEnabled = true
  const assertions = { client_assertion: t1, user_federated_identity_credential: t2 }
  expect((await requestTrAsUser(entra, assertions)).status).toBe(200)
})

it.each([
  ['name', { user_id: '', username: 'weather-agent@contoso.example' }],
  ['object id, with requested_token_use', { requested_token_use: 'on_behalf_of' }],
])('the token of an agent’s user account can be requested by %s', async (_how, fields) => {
  const { body } = await requestTrAsUser(entra, fields)
  expect(decodeJwt(body.access_token)).toMatchObject({ azp: agentId, oid: agentUser })
})

it('the token comes with all that MSAL needs to cache it, and is renewed by its refresh token until the user is disabled', async () => {
  const { body } = await requestTrAsUser(entra)
  const info = JSON.parse(Buffer.from(body.client_info, 'base64url').toString())
  expect(info).toEqual({ uid: agentUser, utid: tenantId })
  expect(body.scope.split(' ')).toContain(`api://${weatherAppId}/.default`)
  const renew = async () =>
    requestTrAsUser(entra, { grant_type: 'refresh_token', refresh_token: body.refresh_token })
  expect(decodeJwt((await renew()).body.access_token)).toMatchObject({ azp: agentId, oid: agentUser })
  changeUser({ accountEnabled: false })
  expect((await renew()).body).toMatchObject({ error: 'invalid_grant', error_codes: [50057] })
})

const requestWithT2 = async (t2: string | Promise<string>, fields: Record<string, string> = {}) =>
  requestTrAsUser(entra, { user_federated_identity_credential: await t2, ...fields })

function requestAfterConsent(change: object) {
  for (const grant of content().permissionGrants.filter(({ clientId }) => clientId === agentId))
    Object.assign(grant, change)
  return requestTrAsUser(entra)
}

/** Another agent of the blueprint, without any right, requests the token with its own T1 or with this agent's. */
async function requestAsSibling(hasOwnT1: boolean) {
  const agent = { id: siblingId, appId: siblingId, displayName: 'sibling', kind: 'agentIdentity' } as const
  content().servicePrincipals.push(
    newServicePrincipal({ ...agent, agentIdentityBlueprintId: blueprintAppId }),
  )
  const t1 = await requestT1(entra, hasOwnT1 ? { fmi_path: siblingId } : {})
  const t2 = (await requestT2(entra)).body.access_token
  return requestWithT2(t2, { client_id: siblingId, client_assertion: t1.body.access_token })
}

it('unsuitable requests for the token, and those without consent or assignment, are refused in Entra’s words', async () => {
  const expiredT2 = {
    client: agentId,
    resource: 'api://AzureADTokenExchange',
    lifetimeSeconds: -1,
    claims: { aud: 'fb60f99c-7a34-4190-8149-302f77469936', azp: agentId },
  }
  const bySecret = { client_assertion: '', client_secret: 'blueprint-secret' }
  const responses = describeResponses(entra, {
    'consent for all users': () => requestAfterConsent({ consentType: 'AllPrincipals', principalId: null }),
    'consent for this user': () => requestAfterConsent({ consentType: 'Principal', principalId: agentUser }),
    'consent for another user': () => requestAfterConsent({ consentType: 'Principal', principalId: ada }),
    'consent for a scope with a leading blank': () => requestAfterConsent({ scope: ' Weather.Read' }),
    'an API that requires an assignment': () => {
      Object.assign(entra.entra.directory.principal(weatherAppId) ?? {}, { appRoleAssignmentRequired: true })
      return requestTrAsUser(entra)
    },
    'a user name as the id': () => requestTrAsUser(entra, { user_id: 'weather-agent@contoso.example' }),
    'an unknown user': () => requestTrAsUser(entra, { user_id: '', username: 'nobody@contoso.example' }),
    'no user': () => requestTrAsUser(entra, { user_id: '' }),
    'no T2': () => requestWithT2(''),
    'T1 in the place of T2': () => requestWithT2(t1Of(entra)),
    'a token for an API in the place of T2': async () =>
      requestWithT2((await requestTr(entra)).body.access_token),
    'an expired T2': () => requestWithT2(requestCustomToken(entra, expiredT2)),
    'a secret in the place of T1': () => requestTrAsUser(entra, bySecret),
    'a request of the blueprint': () => requestTrAsUser(entra, { client_id: blueprintAppId, ...bySecret }),
    'an ordinary user': () => requestTrAsUser(entra, { user_id: ada }),
    'the account of another agent': () => {
      changeUser({ identityParentId: siblingId })
      return requestTrAsUser(entra)
    },
    'this agent’s T1, sent by another agent of the blueprint': () => requestAsSibling(false),
    'this agent’s T2, sent by another agent of the blueprint': () => requestAsSibling(true),
  })
  await expect(await responses).toMatchFileSnapshot('agent-user.txt')
})

it('an agent’s user account is not offered for signing in at a page', async () => {
  const url = new Browser(entra).authorizeUrl({ login_hint: 'weather-agent@contoso.example' })
  const page = await (await fetch(url)).text()
  expect(page).toContain('ada@contoso.example')
  expect(page).not.toContain('weather-agent@contoso.example')
})
