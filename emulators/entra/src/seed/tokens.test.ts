import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { temporaryFile } from '@entra-agents/service-kit/testing/temporary-file'
import * as wellKnown from '@entra-agents/trace/well-known'
import { expect, it } from 'vitest'
import { Browser, makeVerifier, readRedirect } from '../testing/browser.ts'
import { makeCertificate } from '../testing/certificate.ts'
import { describeResponses, describeTokens } from '../testing/describe-responses.ts'
import { requestToken, startEntraForFile, type TokenResponse, tenantId } from '../testing/start-entra.ts'

const seed = `
tenant: { name: acme, id: ${tenantId} }
users:
  ada: { groups: [buyers], roles: { shop: [Manager] } }
  ben:
apps:
  orders:
    scopes: [Orders.Read, Orders.Write]
    roles: [Orders.Read.All]
    optionalClaims: { accessToken: [idtyp, xms_par_app_azp] }
  shop:
    redirectUris: { spa: [http://localhost:3000/] }
    roles: [Manager]
    groupMembershipClaims: SecurityGroup
    may: { helper: [access_as_user] }
  report:
    secret: [old-secret, new-secret]
    certificate: certificate.pem
    may: { orders: [Orders.Read.All], graph: [{ role: User.ReadBasic.All }] }
  archive:
    id: 99999999-0000-4000-8000-00000000000A
    identifierUris: [api://archive.acme.example]
    scopes: [{ value: Read, type: Admin, description: Read the archive }]
    roles: [{ value: Keeper, allowedMemberTypes: [User] }]
    tokenVersion: 1
    redirectUris: { web: [https://archive.example/back], publicClient: ['archive://auth'] }
    signInAudience: AzureADMultipleOrgs
    isFallbackPublicClient: true
blueprints:
  helper:
    secret: s3cret
    sponsors: [ada]
    redirectUris: [http://localhost:3000/consent]
    federatedCredential: { issuer: https://issuer.example, subject: pod }
    agents:
      shopper:
        may:
          orders: [Orders.Read, Orders.Read.All, { scope: Orders.Write, user: ada }]
          archive: [Read]
        user: shopper-bot
      trainee:
`
const file = temporaryFile('entra.yaml')
writeFileSync(file, seed)
using certificate = makeCertificate('report')
writeFileSync(join(dirname(file), 'certificate.pem'), certificate.certificate)

const noDemo = { BLUEPRINT_CLIENT_SECRET: '', SETUP_CLIENT_SECRET: '' }
const entra = await startEntraForFile({ ENTRA_SEED: file, ...noDemo })

/** The ids by the names that the file gives. */
const { users, servicePrincipals, applications, groups } = entra.entra.directory.content
const names = [...users, ...groups, ...servicePrincipals.map(one => ({ ...one, id: one.appId }))]
const idOf = (name: string) => names.find(({ displayName }) => displayName === name)?.id ?? ''
const nameIds = (text: string) =>
  [
    ...names,
    ...servicePrincipals.map(({ id, displayName }) => ({ id, displayName: `${displayName}’s principal` })),
  ].reduce((named, { id, displayName }) => named.replaceAll(id, `<${displayName}>`), text)

const applicationNamed = (name: string) => applications.find(({ displayName }) => displayName === name)

type Fields = Readonly<Record<string, string>>
const tokenOf = async (response: Promise<TokenResponse>): Promise<string> =>
  (await response).body.access_token

function request(client: string, fields: Fields): Promise<TokenResponse> {
  return requestToken(entra, { client_id: idOf(client), grant_type: 'client_credentials', ...fields })
}

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
async function requestAs(agent: string, fields: Fields): Promise<TokenResponse> {
  const scope = `${wellKnown.tokenExchangeUri}/.default`
  const t1 = await tokenOf(request('helper', { client_secret: 's3cret', fmi_path: idOf(agent), scope }))
  return request(agent, { scope, client_assertion_type: assertionType, client_assertion: t1, ...fields })
}

const { verifier, challenge } = makeVerifier()
async function signIn(user: string): Promise<TokenResponse> {
  const redirect_uri = 'http://localhost:3000/'
  const scope = `api://${idOf('helper')}/access_as_user openid`
  const page = { client_id: idOf('shop'), redirect_uri, scope, code_challenge: challenge }
  const { code = '' } = readRedirect(await new Browser(entra).answer({ account: idOf(user) }, page))
  const fields = { client_id: idOf('shop'), code, redirect_uri, code_verifier: verifier }
  const headers = { origin: 'http://localhost:3000' }
  return requestToken(entra, { grant_type: 'authorization_code', ...fields }, headers)
}

async function requestFor(user: string, agent: string, api: string): Promise<TokenResponse> {
  const assertion = await tokenOf(signIn(user))
  const obo = {
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    requested_token_use: 'on_behalf_of',
  }
  return requestAs(agent, { ...obo, assertion, scope: `${api}/.default` })
}

const orders = `api://${idOf('orders')}`

it('a seeded tenant issues the tokens that its file says', async () => {
  const t2 = await tokenOf(requestAs('shopper', {}))
  const ofAgentUser = {
    grant_type: 'user_fic',
    user_federated_identity_credential: t2,
    scope: `${orders}/.default`,
  }
  const asReport = (scope: string) => request('report', { client_secret: 'new-secret', scope })
  const { body } = await signIn('ada')
  const tokens = describeTokens(entra, {
    'Ada’s token for the blueprint': body.access_token,
    'Ada’s ID token': body.id_token,
    'the agent’s own token': await tokenOf(requestAs('shopper', { scope: `${orders}/.default` })),
    'on behalf of Ada': await tokenOf(requestFor('ada', 'shopper', orders)),
    'on behalf of Ben': await tokenOf(requestFor('ben', 'shopper', orders)),
    'on behalf of Ben, version 1': await tokenOf(requestFor('ben', 'shopper', 'api://archive.acme.example')),
    'of the agent’s user': await tokenOf(
      requestAs('shopper', { ...ofAgentUser, username: 'shopper-bot@acme.example' }),
    ),
    'an application’s own token': await tokenOf(asReport(`${orders}/.default`)),
    'an application’s own token for Graph': await tokenOf(asReport('https://graph.microsoft.com/.default')),
  })
  const refusals = await describeResponses(entra, {
    'an agent without rights': () => requestFor('ada', 'trainee', orders),
    'a wrong secret': () => request('report', { client_secret: 'other', scope: `${orders}/.default` }),
  })
  await expect(nameIds(`${tokens}\n${refusals}`)).toMatchFileSnapshot('tokens.txt')
})

it('a reset brings the file’s tenant back, and its domain names the tenant', async () => {
  entra.entra.directory.content.users.length = 0
  entra.entra.reset()
  expect(entra.entra.directory.visitors.map(({ userPrincipalName }) => userPrincipalName)).toEqual([
    'ada@acme.example',
    'ben@acme.example',
  ])
  const statusOf = async (tenant: string) =>
    (await fetch(`${entra.url}/${tenant}/v2.0/.well-known/openid-configuration`)).status
  expect([await statusOf('acme.example'), await statusOf('contoso.example')]).toEqual([200, 400])
})

it('ids are derived from names, and the file may set them; certificates are read beside it', () => {
  expect(idOf('orders')).toBe('871abac3-1822-49a8-87cb-1a4e4ffc8d71')
  expect(idOf('archive')).toBe('99999999-0000-4000-8000-00000000000a')
  expect(applicationNamed('report')?.certificates.map(pem => pem.trim())).toEqual([
    certificate.certificate.trim(),
  ])
})

it('applications and blueprints have what the file says of them', () => {
  expect(applicationNamed('archive')).toMatchObject({
    api: { oauth2PermissionScopes: [{ type: 'Admin', userConsentDescription: 'Read the archive' }] },
    appRoles: [{ value: 'Keeper', allowedMemberTypes: ['User'] }],
    spa: { redirectUris: [] },
    web: { redirectUris: ['https://archive.example/back'] },
    publicClient: { redirectUris: ['archive://auth'] },
    signInAudience: 'AzureADMultipleOrgs',
    isFallbackPublicClient: true,
    identifierUris: ['api://99999999-0000-4000-8000-00000000000a', 'api://archive.acme.example'],
  })
  expect(applicationNamed('report')?.identifierUris).toEqual([])
  expect(applicationNamed('helper')).toMatchObject({
    kind: 'agentIdentityBlueprint',
    web: { redirectUris: ['http://localhost:3000/consent'] },
    sponsors: [idOf('ada')],
    federatedIdentityCredentials: [{ subject: 'pod', audiences: [wellKnown.tokenExchangeUri] }],
  })
})
