import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { seedIds } from '../directory/seed.ts'
import { wellKnown } from '../directory/well-known.ts'
import { orderToken, requestTr, sendJson } from '../testing/requests.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  setupAppId,
  spaAppId,
  startEntra,
  type TestEntra,
  weatherAppId,
} from '../testing/start-entra.ts'

let entra: TestEntra
let bearer: Record<string, string>
beforeAll(async () => {
  entra = await startEntra()
})
afterAll(() => entra.close())
beforeEach(async () => {
  entra.entra.reset()
  const { body } = await requestToken(entra, {
    client_id: setupAppId,
    client_secret: 'setup-secret',
    grant_type: 'client_credentials',
    scope: 'https://graph.microsoft.com/.default',
  })
  bearer = { authorization: `Bearer ${body.access_token}` }
})

const send = (method: string, path: string, body?: unknown, headers = bearer) =>
  sendJson(entra, method, path, body, { 'odata-version': '4.0', ...headers })
const post = (path: string, body: unknown, headers = bearer) => send('POST', `/v1.0${path}`, body, headers)
const read = async (path: string) => (await send('GET', `/v1.0${path}`)).body
const sponsors = { 'sponsors@odata.bind': [`https://graph.microsoft.com/v1.0/users/${seedIds.ada}`] }
const unknownId = '99999999-9999-4999-8999-999999999999'

async function newBlueprint() {
  const { body } = await post('/applications/', {
    '@odata.type': 'Microsoft.Graph.AgentIdentityBlueprint',
    displayName: 'Another blueprint',
    ...sponsors,
  })
  return body
}

describe('setting up an agent from nothing', () => {
  it('leads to tokens that say what was set up', async () => {
    const blueprint = await newBlueprint()
    expect(blueprint).toMatchObject({
      '@odata.type': '#microsoft.graph.agentIdentityBlueprint',
      id: blueprint.appId,
    })
    const principal = await post('/serviceprincipals/microsoft.graph.agentIdentityBlueprintPrincipal', {
      appId: blueprint.appId,
    })
    expect(principal.status).toBe(201)
    const { body: password } = await post(`/applications/${blueprint.id}/addPassword`, {
      passwordCredential: { displayName: 'dev', endDateTime: '2099-01-01T00:00:00Z' },
    })

    const scope = {
      id: '00000000-0000-4000-8000-00000000000a',
      value: 'access_as_user',
      type: 'User',
      isEnabled: true,
    }
    const patched = await send('PATCH', `/v1.0/applications/${blueprint.id}`, {
      identifierUris: [`api://${blueprint.appId}`],
      api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [scope] },
    })
    expect(patched.status).toBe(204)
    const preAuthorized = [{ appId: spaAppId, delegatedPermissionIds: [scope.id] }]
    const second = await send('PATCH', `/v1.0/applications/${blueprint.id}`, {
      api: { preAuthorizedApplications: preAuthorized },
    })
    expect(second.status).toBe(204)

    const agent = await send('POST', '/beta/serviceprincipals/Microsoft.Graph.AgentIdentity', {
      displayName: 'another-agent',
      agentIdentityBlueprintId: blueprint.appId,
      ...sponsors,
    })
    expect(agent.status).toBe(201)
    expect(agent.body).toMatchObject({ appId: null, agentIdentityBlueprintId: blueprint.appId })

    const role = {
      id: '00000000-0000-4000-8000-00000000000b',
      value: 'Tea.Read.All',
      displayName: 'Read tea',
    }
    const { body: api } = await post('/applications', {
      displayName: 'Tea API',
      signInAudience: 'AzureADMyOrg',
      api: { requestedAccessTokenVersion: 2 },
      appRoles: [{ ...role, description: '', allowedMemberTypes: ['Application'], isEnabled: true }],
    })
    await send('PATCH', `/v1.0/applications/${api.id}`, { identifierUris: [`api://${api.appId}`] })
    const { body: resource } = await post('/servicePrincipals', { appId: api.appId })
    const assigned = await post(`/servicePrincipals/${agent.body.id}/appRoleAssignments`, {
      principalId: agent.body.id,
      resourceId: resource.id,
      appRoleId: role.id,
    })
    expect(assigned.status).toBe(201)

    const { body: t1 } = await requestToken(entra, {
      client_id: blueprint.appId,
      client_secret: password.secretText,
      grant_type: 'client_credentials',
      scope: 'api://AzureADTokenExchange/.default',
      fmi_path: agent.body.id,
    })
    const { body: tr } = await requestTr(entra, {
      client_id: agent.body.id,
      client_assertion: t1.access_token,
      scope: `api://${api.appId}/.default`,
    })
    expect(decodeJwt(tr.access_token)).toMatchObject({
      aud: api.appId,
      azp: agent.body.id,
      roles: ['Tea.Read.All'],
    })
  })

  it('can be done by the blueprint itself, for agents of its own only', async () => {
    const { body: token } = await requestToken(entra, {
      client_id: blueprintAppId,
      client_secret: 'blueprint-secret',
      grant_type: 'client_credentials',
      scope: 'https://graph.microsoft.com/.default',
    })
    const asBlueprint = { authorization: `Bearer ${token.access_token}` }
    const path = '/servicePrincipals/microsoft.graph.agentIdentity'
    const agent = { displayName: 'own', agentIdentityBlueprintId: blueprintAppId, ...sponsors }
    expect((await post(path, agent, asBlueprint)).status).toBe(201)

    const { appId } = await newBlueprint()
    await post('/servicePrincipals/microsoft.graph.agentIdentityBlueprintPrincipal', { appId })
    const { status, body } = await post(path, { ...agent, agentIdentityBlueprintId: appId }, asBlueprint)
    expect(status).toBe(403)
    expect(body.error.code).toBe('Error_AgentIdentitySelfCreateRequired')
  })
})

describe('Graph', () => {
  it.each([
    ['without a token', () => ({}), 'Access token is empty.'],
    ['with a foreign token', () => ({ authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }), 'signature'],
    [
      'with a token for another API',
      async () => ({
        authorization: `Bearer ${await orderToken(entra, { client: setupAppId, resource: weatherAppId })}`,
      }),
      'audience',
    ],
    [
      'with an expired token',
      async () => ({
        authorization: `Bearer ${await orderToken(entra, {
          client: setupAppId,
          resource: wellKnown.graphUri,
          lifetimeSeconds: -1,
        })}`,
      }),
      'expired',
    ],
  ])('refuses a call %s with 401', async (_what, makeHeaders, message) => {
    const { status, headers, body } = await send('GET', '/v1.0/applications', undefined, {
      ...(await makeHeaders()),
    } as Record<string, string>)
    expect(status).toBe(401)
    expect(headers.get('www-authenticate')).toBe('Bearer')
    expect(body.error).toMatchObject({
      code: 'InvalidAuthenticationToken',
      message: expect.stringContaining(message),
      innerError: { 'request-id': expect.any(String), 'client-request-id': expect.any(String) },
    })
  })

  it('refuses a caller without the permission, and one with Directory.AccessAsUser.All whatever else it has', async () => {
    const withScopes = async (...scopes: string[]) => ({
      authorization: `Bearer ${await orderToken(entra, {
        client: setupAppId,
        resource: wellKnown.graphUri,
        person: seedIds.ada,
        scopes,
      })}`,
    })
    const blueprint = { displayName: 'x', ...sponsors }
    const path = '/applications/microsoft.graph.agentIdentityBlueprint'
    const create = 'AgentIdentityBlueprint.Create'
    expect((await post(path, blueprint, await withScopes(create))).status).toBe(201)
    for (const scopes of [['User.Read'], [create, 'Directory.AccessAsUser.All']]) {
      const { status, body } = await post(path, blueprint, await withScopes(...scopes))
      expect(status).toBe(403)
      expect(body.error.code).toBe('Authorization_RequestDenied')
    }
  })

  it('finds by object id, by appId and by filter, through any spelling of the address', async () => {
    const byId = await read(`/applications/${seedIds.weatherApplication}`)
    expect(byId).toMatchObject({ appId: weatherAppId, displayName: 'Weather API' })
    expect(await read(`/applications(appId='${weatherAppId}')`)).toEqual(byId)
    expect((await read(`/applications?$filter=appId eq '${weatherAppId}'`)).value).toEqual([byId])
    expect((await read("/applications?$filter=displayName eq 'Weather API'&$select=id")).value).toEqual([
      { id: seedIds.weatherApplication },
    ])
    const agents = await read('/servicePrincipals/microsoft.graph.agentIdentity')
    expect(agents.value).toMatchObject([{ id: agentId, appId: null }])
    expect(await read(`/serviceprincipals/${agentId}/microsoft.graph.agentIdentity`)).toEqual(agents.value[0])
    expect((await read(`/applications?$filter=startswith(displayName,'W')`)).error.code).toBe(
      'Request_UnsupportedQuery',
    )
  })

  it('never shows a secret again', async () => {
    const { body } = await post(`/applications/${blueprintAppId}/addPassword`, {})
    expect(body.secretText).toMatch(/^[\w-]{40}$/)
    const shown = await read(`/applications/${blueprintAppId}`)
    expect(shown.passwordCredentials).toHaveLength(2)
    expect(JSON.stringify(shown)).not.toContain(body.secretText)
    await post(`/applications/${blueprintAppId}/removePassword`, { keyId: body.keyId })
    expect((await read(`/applications/${blueprintAppId}`)).passwordCredentials).toHaveLength(1)
  })

  it('keeps federated credentials, found by id and by name', async () => {
    const path = `/applications/${blueprintAppId}/microsoft.graph.agentIdentityBlueprint/federatedIdentityCredentials`
    const credential = {
      name: 'eks-weather-agent',
      issuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC',
      subject: 'system:serviceaccount:weather:agent',
      audiences: ['api://AzureADTokenExchange'],
    }
    const { status, body } = await post(path, credential)
    expect(status).toBe(201)
    expect((await read(path)).value).toEqual([{ ...credential, id: body.id, description: null }])
    expect((await post(path, credential)).status).toBe(409)
    expect((await post(path, { ...credential, name: 'other-name' })).status).toBe(409)
    await send('PATCH', `/v1.0${path}/eks-weather-agent`, { subject: 'system:serviceaccount:weather:other' })
    expect(await read(`${path}/${body.id}`)).toMatchObject({ subject: 'system:serviceaccount:weather:other' })
    expect((await send('DELETE', `/v1.0${path}/${body.id}`)).status).toBe(204)
    expect((await read(path)).value).toEqual([])
  })

  it('keeps permission grants and role assignments, each once', async () => {
    const grant = {
      clientId: agentId,
      consentType: 'AllPrincipals',
      resourceId: seedIds.graphPrincipal,
      scope: 'User.Read',
    }
    const { status, body } = await post('/oauth2PermissionGrants', grant)
    expect(status).toBe(201)
    expect((await post('/oauth2PermissionGrants', grant)).body.error.message).toContain('already exists')
    const filter = `/oauth2PermissionGrants?$filter=clientId eq '${agentId}' and consentType eq 'AllPrincipals'`
    expect((await read(filter)).value).toHaveLength(2)
    await send('PATCH', `/v1.0/oauth2PermissionGrants/${body.id}`, { scope: 'User.Read openid' })
    expect(await read(`/oauth2PermissionGrants/${body.id}`)).toMatchObject({ scope: 'User.Read openid' })
    expect((await send('DELETE', `/v1.0/oauth2PermissionGrants/${body.id}`)).status).toBe(204)

    const path = `/servicePrincipals/${agentId}/appRoleAssignments`
    const [assignment] = (await read(path)).value
    expect(assignment).toMatchObject({
      resourceDisplayName: 'Weather API',
      principalType: 'ServicePrincipal',
    })
    const again = await post(path, {
      principalId: agentId,
      resourceId: seedIds.weatherPrincipal,
      appRoleId: seedIds.weatherReadAllRole,
    })
    expect(again.body.error).toMatchObject({ code: 'Request_BadRequest' })
    expect((await send('DELETE', `/v1.0${path}/${assignment.id}`)).status).toBe(204)
    expect((await read(`/servicePrincipals/${seedIds.weatherPrincipal}/appRoleAssignedTo`)).value).toEqual([])
  })

  it('keeps what a blueprint’s agents inherit', async () => {
    const path = `/applications/microsoft.graph.agentIdentityBlueprint/${blueprintAppId}/inheritablePermissions`
    const permission = {
      resourceAppId: weatherAppId,
      inheritableScopes: { '@odata.type': '#microsoft.graph.allAllowedScopes', kind: 'allAllowed' },
      inheritableRoles: { '@odata.type': '#microsoft.graph.allAllowedRoles', kind: 'allAllowed' },
    }
    expect((await post(path, permission)).status).toBe(201)
    expect((await read(path)).value).toEqual([permission])
    expect((await post(path, permission)).status).toBe(409)
  })

  it('knows the people, and who the caller is', async () => {
    expect((await read('/users')).value).toHaveLength(2)
    expect(await read('/users/ben@contoso.example')).toMatchObject({ id: seedIds.ben })
    expect((await read('/me')).error.code).toBe('Request_BadRequest')
    const token = await orderToken(entra, {
      client: setupAppId,
      resource: wellKnown.graphUri,
      person: seedIds.ada,
      scopes: ['User.Read'],
    })
    const me = await send('GET', '/v1.0/me', undefined, { authorization: `Bearer ${token}` })
    expect(me.body).toMatchObject({ userPrincipalName: 'ada@contoso.example' })
  })

  it('answers an ordered fault in its own shape', async () => {
    await sendJson(entra, 'POST', '/emulator/faults', {
      leg: 'graph',
      kind: 'throttle',
      retryAfterSeconds: 3,
      count: 1,
    })
    const { status, headers, body } = await send('GET', '/v1.0/users')
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toBe('3')
    expect(body.error.code).toBe('TooManyRequests')
  })

  it('can know agents in its beta version only', async () => {
    await sendJson(entra, 'PATCH', '/emulator/settings', { agentsOnBetaOnly: true })
    const path = '/applications/microsoft.graph.agentIdentityBlueprint'
    const blueprint = { displayName: 'x', ...sponsors }
    expect((await post(path, blueprint)).body.error.code).toBe('AgentBlueprint_NotSupportedOnApiVersion')
    expect((await send('POST', `/beta${path}`, blueprint)).status).toBe(201)
  })

  it('says 404 of what is not emulated', async () => {
    expect((await send('GET', '/v1.0/groups')).status).toBe(404)
  })
})

describe('Graph refuses', () => {
  const agentsPath = '/servicePrincipals/microsoft.graph.agentIdentity'
  const weatherPath = `/v1.0/applications/${seedIds.weatherApplication}`
  const cases: [what: string, ask: () => ReturnType<typeof send>, status: number, code: string][] = [
    [
      'an agent whose blueprint has no principal',
      async () =>
        post(agentsPath, {
          displayName: 'x',
          agentIdentityBlueprintId: (await newBlueprint()).appId,
          ...sponsors,
        }),
      400,
      'AgentIdentity_AgentBlueprintPrincipalDoesNotExist',
    ],
    [
      'an agent of an ordinary application',
      () => post(agentsPath, { displayName: 'x', agentIdentityBlueprintId: weatherAppId, ...sponsors }),
      400,
      'AgentIdentity_IncompatibleParentType',
    ],
    [
      'an agent without a sponsor',
      () => post(agentsPath, { displayName: 'x', agentIdentityBlueprintId: blueprintAppId }),
      400,
      'Request_BadRequest',
    ],
    [
      'a blueprint without a sponsor',
      () => post('/applications/microsoft.graph.agentIdentityBlueprint', { displayName: 'x' }),
      400,
      'Request_BadRequest',
    ],
    [
      'a sponsor who does not exist',
      () =>
        post('/applications/microsoft.graph.agentIdentityBlueprint', {
          displayName: 'x',
          'sponsors@odata.bind': [`https://graph.microsoft.com/v1.0/users/${unknownId}`],
        }),
      400,
      'Request_BadRequest',
    ],
    [
      'a secret for an agent identity',
      () => post(`/servicePrincipals/${agentId}/addPassword`, {}),
      400,
      'AgentIdentity_CredentialsNotSupported',
    ],
    [
      'redirect URIs for a blueprint',
      () => send('PATCH', `/v1.0/applications/${blueprintAppId}`, { spa: { redirectUris: [] } }),
      400,
      'AgentBlueprint_IncompatibleProperty',
    ],
    [
      'an application’s property for an agent identity',
      () => send('PATCH', `/v1.0/servicePrincipals/${agentId}`, { replyUrls: [] }),
      400,
      'PropertyNotCompatibleWithAgentIdentity',
    ],
    [
      'an identifier URI of somebody else’s domain',
      () => send('PATCH', weatherPath, { identifierUris: ['https://weather.example'] }),
      400,
      'HostNameNotOnVerifiedDomain',
    ],
    [
      'taking an enabled scope away',
      () => send('PATCH', weatherPath, { api: { oauth2PermissionScopes: [] } }),
      400,
      'CannotDeleteOrUpdateEnabledEntitlement',
    ],
    [
      'pre-authorising a scope that is not there yet',
      () =>
        send('PATCH', weatherPath, {
          api: { preAuthorizedApplications: [{ appId: spaAppId, delegatedPermissionIds: [unknownId] }] },
        }),
      400,
      'Request_BadRequest',
    ],
    [
      'a property that does not exist',
      () => send('PATCH', weatherPath, { displayNam: 'x' }),
      400,
      'Request_BadRequest',
    ],
    [
      'a principal for an unknown application',
      () => post('/servicePrincipals', { appId: unknownId }),
      400,
      'NoBackingApplicationObject',
    ],
    [
      'a second principal',
      () => post('/servicePrincipals', { appId: weatherAppId }),
      409,
      'Request_MultipleObjectsWithSameKeyValue',
    ],
    [
      'a role that the API does not have',
      () =>
        post(`/servicePrincipals/${agentId}/appRoleAssignments`, {
          principalId: agentId,
          resourceId: seedIds.weatherPrincipal,
          appRoleId: unknownId,
        }),
      400,
      'Request_BadRequest',
    ],
    [
      'an unknown object',
      () => send('GET', `/v1.0/applications/${unknownId}`),
      404,
      'Request_ResourceNotFound',
    ],
  ]
  it.each(cases)('%s', async (_what, ask, status, code) => {
    const reply = await ask()
    expect(reply.body.error.code).toBe(code)
    expect(reply.status).toBe(status)
  })

  it('more blueprints, agents and federated credentials than there may be', async () => {
    const { content } = entra.entra.directory
    const [agent] = content.servicePrincipals.filter(({ id }) => id === agentId)
    const [blueprint] = content.applications.filter(({ appId }) => appId === blueprintAppId)
    if (!agent || !blueprint) throw new Error('The seed lacks the agent.')
    const many = (count: number) => Array.from({ length: count }, (_, index) => `copy-${index}`)
    content.servicePrincipals.push(...many(249).map(id => ({ ...agent, id, appId: id })))
    const newAgent = { displayName: 'x', agentIdentityBlueprintId: blueprintAppId, ...sponsors }
    expect((await post(agentsPath, newAgent)).body.error.code).toBe('AgentIdentity_LimitExceeded')

    content.applications.push(...many(99).map(id => ({ ...blueprint, id, appId: id, identifierUris: [] })))
    const path = '/applications/microsoft.graph.agentIdentityBlueprint'
    const newOne = { displayName: 'x', ...sponsors }
    expect((await post(path, newOne)).body.error.code).toBe('AgentBlueprint_LimitExceeded')

    content.permissionGrants.push(
      ...many(2_000).map(id => ({
        id,
        clientId: id,
        consentType: 'AllPrincipals' as const,
        principalId: null,
        resourceId: id,
        scope: '',
      })),
    )
    expect((await post(path, newOne)).body.error.code).toBe('Agent_Directory_QuotaExceeded')

    const credentials = `/applications/${blueprintAppId}/federatedIdentityCredentials`
    const credential = { issuer: 'https://issuer.example', audiences: ['api://AzureADTokenExchange'] }
    for (let index = 0; index < 20; index++) {
      const added = await post(credentials, {
        ...credential,
        name: `number-${index}`,
        subject: `subject-${index}`,
      })
      expect(added.status).toBe(201)
    }
    expect((await post(credentials, { ...credential, name: 'one-more', subject: 'x' })).status).toBe(400)
  })

  it('nothing when the token version goes back from 2, but empties the identifier URIs as Entra does', async () => {
    expect((await send('PATCH', weatherPath, { api: { requestedAccessTokenVersion: 1 } })).status).toBe(204)
    expect((await read(`/applications/${seedIds.weatherApplication}`)).identifierUris).toEqual([])
    expect((await requestTr(entra)).body).toMatchObject({ error_codes: [500011] })
  })
})
