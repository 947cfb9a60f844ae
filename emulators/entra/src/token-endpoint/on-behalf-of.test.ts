import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { ada, ben, signIn } from '../testing/browser.ts'
import { describeResponses } from '../testing/describe-responses.ts'
import { requestCustomToken, requestObo } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  spaAppId,
  startEntraForFile,
  weatherAppId,
} from '../testing/start-entra.ts'

const entra = await startEntraForFile()
const content = () => entra.entra.directory.content
const scopeNamed = (name: string) => ({ scope: `api://${weatherAppId}/${name}` })
const tcOf = async (user: string): Promise<string> => (await signIn(entra, user)).body.access_token

/** Ada's token for the blueprint (Tc), issued to the page without a sign-in, with these changes. */
function requestTc(changes: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const resource = `api://${blueprintAppId}`
  return requestCustomToken(entra, {
    client: spaAppId,
    resource,
    user: ada,
    scopes: ['access_as_user'],
    ...changes,
  })
}

it('/.default is among the granted scopes, since the sidecar finds cached tokens by the requested scope', async () => {
  const { body } = await requestObo(entra, await tcOf(ada))
  expect(body.scope.split(' ')).toEqual([
    `api://${weatherAppId}/Weather.Read`,
    `api://${weatherAppId}/Alerts.ReadWrite`,
    `api://${weatherAppId}/.default`,
  ])
})

it('a single scope is granted alone, and without the tokens of OpenID Connect', async () => {
  const { body } = await requestObo(entra, await tcOf(ada), scopeNamed('Weather.Read'))
  expect(Object.keys(body)).toEqual([
    ...['token_type', 'expires_in', 'ext_expires_in', 'access_token'],
    ...['scope', 'client_info'],
  ])
  expect(body.scope).toBe(scopeNamed('Weather.Read').scope)
  expect(decodeJwt(body.access_token)['scp']).toBe('Weather.Read')
})

it('the agent gets a refresh token for further tokens', async () => {
  const { body } = await requestObo(entra, await tcOf(ben))
  const fields = { grant_type: 'refresh_token', refresh_token: body.refresh_token }
  const renewed = await requestObo(entra, '', fields)
  expect(decodeJwt(renewed.body.access_token)).toMatchObject({ azp: agentId, oid: ben })
})

it('a user who has an app role at an API that requires an assignment gets the role too', async () => {
  const tc = await tcOf(ada)
  const { weatherPrincipal: resourceId, weatherReadAllRole: appRoleId } = seedIds
  Object.assign(entra.entra.directory.principal(weatherAppId) ?? {}, { appRoleAssignmentRequired: true })
  content().appRoleAssignments.push({
    id: 'of-ada',
    principalId: ada,
    resourceId,
    appRoleId,
    createdDateTime: '',
  })
  expect(decodeJwt((await requestObo(entra, tc)).body.access_token)).toMatchObject({
    roles: ['Weather.Read.All'],
    scp: 'Weather.Read Alerts.ReadWrite',
  })
})

/** Requests a token on behalf of a user after this change of the agent's grants. */
async function requestAfter(change: () => void, user = ada) {
  const tc = await tcOf(user)
  change()
  return requestObo(entra, tc)
}

function grantOnlyToAda() {
  for (const grant of content().permissionGrants.filter(({ clientId }) => clientId === agentId))
    Object.assign(grant, { consentType: 'Principal', principalId: ada })
}

it('unsuitable tokens of users, and users without consent or assignment, are refused in Entra’s words', async () => {
  const requestWith = async (tc: Promise<string>) => requestObo(entra, await tc)
  const responses = describeResponses(entra, {
    'a token for Graph': () => requestWith(requestTc({ resource: 'https://graph.microsoft.com' })),
    'a token for the weather API': () =>
      requestWith(requestTc({ resource: weatherAppId, scopes: ['Weather.Read'] })),
    'a spoilt signature': async () => requestObo(entra, `${(await requestTc()).slice(0, -8)}AAAAAAAA`),
    'a token of another issuer': () => requestWith(requestTc({ claims: { iss: 'https://idp.example' } })),
    'an expired token': () => requestWith(requestTc({ lifetimeSeconds: -1 })),
    'an application’s token': () => requestWith(requestTc({ user: undefined })),
    'a token of a user who was deleted': () => requestWith(requestTc({ claims: { oid: seedIds.group } })),
    'a token whose audience is the blueprint’s URI': () =>
      requestWith(requestTc({ claims: { aud: `api://${blueprintAppId}` } })),
    'what is no JWT': () => requestObo(entra, 'garbage'),
    'a token for another application, presented by the blueprint itself': async () =>
      requestToken(entra, {
        client_id: blueprintAppId,
        client_secret: 'blueprint-secret',
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        requested_token_use: 'on_behalf_of',
        ...scopeNamed('.default'),
        assertion: await requestTc({ resource: 'https://graph.microsoft.com' }),
      }),
    'another use of the token': async () =>
      requestObo(entra, await requestTc(), { requested_token_use: 'id' }),
    'no token': () => requestObo(entra, ''),
    'no grant to this agent': () =>
      requestAfter(() => {
        content().permissionGrants = content().permissionGrants.filter(({ clientId }) => clientId !== agentId)
      }),
    'a scope that no grant contains': async () =>
      requestObo(entra, await tcOf(ada), scopeNamed('Weather.Write')),
    'a scope that only Ada consented to, for Ada': async () =>
      requestObo(entra, await tcOf(ada), scopeNamed('Alerts.ReadWrite')),
    'a scope that only Ada consented to, for Ben': async () =>
      requestObo(entra, await tcOf(ben), scopeNamed('Alerts.ReadWrite')),
    'a grant by Ada alone, for Ada': () => requestAfter(grantOnlyToAda),
    'a grant by Ada alone, for Ben': () => requestAfter(grantOnlyToAda, ben),
    'an API that requires an assignment': () =>
      requestAfter(() => {
        Object.assign(entra.entra.directory.principal(weatherAppId) ?? {}, {
          appRoleAssignmentRequired: true,
        })
      }),
  })
  await expect(await responses).toMatchFileSnapshot('on-behalf-of.txt')
})
