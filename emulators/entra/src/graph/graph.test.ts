import { tenant } from '@entra-bedrock-agent/demo-tenant'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../directory/seed.ts'
import { wellKnown } from '../directory/well-known.ts'
import { adaAsSponsor, startGraphForFile } from '../testing/graph-client.ts'
import { requestCustomToken, requestT1, requestTr } from '../testing/requests.ts'
import {
  agentId,
  blueprintAppId,
  requestToken,
  setupAppId,
  spaAppId,
  startEntra,
  weatherAppId,
} from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

describe('an empty tenant', () => {
  it('has only users, the set-up application and Microsoft’s applications', async () => {
    await using empty = await startEntra({ EMPTY_TENANT: 'true' })
    const { applications, servicePrincipals, permissionGrants, users } = empty.entra.directory.content
    expect(applications.map(({ displayName }) => displayName)).toEqual([
      'Tenant set-up',
      'Microsoft Graph',
      'AAD Token Exchange',
    ])
    expect(servicePrincipals).toHaveLength(3)
    expect(permissionGrants).toEqual([])
    expect(users).toHaveLength(2)
  })
})

describe('setting up an agent from nothing', () => {
  it('leads to a token that names the agent, the API and the agent’s role at the API', async () => {
    const blueprint = await graph.newBlueprint()
    expect(blueprint).toMatchObject({
      '@odata.type': '#microsoft.graph.agentIdentityBlueprint',
      id: blueprint.appId,
    })
    const principal = await graph.post('/serviceprincipals/microsoft.graph.agentIdentityBlueprintPrincipal', {
      appId: blueprint.appId,
    })
    expect(principal.status).toBe(201)
    const { body: password } = await graph.post(`/applications/${blueprint.id}/addPassword`, {
      passwordCredential: { displayName: 'dev', endDateTime: '2099-01-01T00:00:00Z' },
    })

    const scope = {
      id: '00000000-0000-4000-8000-00000000000a',
      value: 'access_as_user',
      type: 'User',
      isEnabled: true,
    }
    const patched = await graph.send('PATCH', `/v1.0/applications/${blueprint.id}`, {
      identifierUris: [`api://${blueprint.appId}`],
      api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: [scope] },
    })
    expect(patched.status).toBe(204)
    const preAuthorized = [{ appId: spaAppId, delegatedPermissionIds: [scope.id] }]
    const second = await graph.send('PATCH', `/v1.0/applications/${blueprint.id}`, {
      api: { preAuthorizedApplications: preAuthorized },
    })
    expect(second.status).toBe(204)

    const agent = await graph.send('POST', '/v1.0/serviceprincipals/Microsoft.Graph.AgentIdentity', {
      displayName: 'another-agent',
      agentIdentityBlueprintId: blueprint.appId,
      ...adaAsSponsor,
    })
    expect(agent.status).toBe(201)
    expect(agent.body).toMatchObject({ appId: null, agentIdentityBlueprintId: blueprint.appId })

    const role = {
      id: '00000000-0000-4000-8000-00000000000b',
      value: 'Tea.Read.All',
      displayName: 'Read tea',
    }
    const { body: api } = await graph.post('/applications', {
      displayName: 'Tea API',
      signInAudience: 'AzureADMyOrg',
      api: { requestedAccessTokenVersion: 2 },
      appRoles: [{ ...role, description: '', allowedMemberTypes: ['Application'], isEnabled: true }],
    })
    await graph.send('PATCH', `/v1.0/applications/${api.id}`, { identifierUris: [`api://${api.appId}`] })
    const { body: resource } = await graph.post('/servicePrincipals', { appId: api.appId })
    const assigned = await graph.post(`/servicePrincipals/${agent.body.id}/appRoleAssignments`, {
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
})

describe('Graph', () => {
  it.each(
    // biome-ignore format: table
    [
      ['without a token', () => ({}), 'Access token is empty.'],
      ['with a foreign token', () => ({ authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }), 'signature'],
      ['with a token for another API', async () => ({ authorization: `Bearer ${await requestCustomToken(entra, { client: setupAppId, resource: weatherAppId })}` }), 'audience'],
      ['with an expired token', async () => ({ authorization: `Bearer ${await requestCustomToken(entra, { client: setupAppId, resource: wellKnown.graphUri, lifetimeSeconds: -1 })}` }), 'expired'],
    ],
  )('responds 401 to a call without a valid token: %s', async (_what, makeHeaders, message) => {
    const { status, headers, body } = await graph.send('GET', '/v1.0/applications', undefined, {
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

  it('refuses callers without the permission, and every caller that has Directory.AccessAsUser.All', async () => {
    const blueprint = { displayName: 'x', ...adaAsSponsor }
    const path = '/applications/microsoft.graph.agentIdentityBlueprint'
    const create = 'AgentIdentityBlueprint.Create'
    expect((await graph.post(path, blueprint, await graph.as({ scopes: [create] }))).status).toBe(201)
    for (const scopes of [['User.Read'], [create, 'Directory.AccessAsUser.All']]) {
      const { status, body } = await graph.post(path, blueprint, await graph.as({ scopes }))
      expect(status).toBe(403)
      expect(body.error.code).toBe('Authorization_RequestDenied')
    }
  })

  it('finds objects by id, by appId and by filter, whatever the letter case of the path', async () => {
    const byId = await graph.read(`/applications/${seedIds.weatherApplication}`)
    expect(byId).toMatchObject({ appId: weatherAppId, displayName: 'Weather API' })
    expect(await graph.read(`/applications(appId='${weatherAppId}')`)).toEqual(byId)
    expect((await graph.read(`/applications?$filter=appId eq '${weatherAppId}'`)).value).toEqual([byId])
    expect((await graph.read("/applications?$filter=displayName eq 'Weather API'&$select=id")).value).toEqual(
      [{ id: seedIds.weatherApplication }],
    )
    const agents = await graph.read('/servicePrincipals/microsoft.graph.agentIdentity')
    expect(agents.value).toMatchObject(Object.values(tenant.agents).map(({ id }) => ({ id, appId: null })))
    expect(await graph.read(`/serviceprincipals/${agentId}/microsoft.graph.agentIdentity`)).toEqual(
      agents.value[0],
    )
    expect((await graph.read(`/applications?$filter=startswith(displayName,'W')`)).error.code).toBe(
      'Request_UnsupportedQuery',
    )
  })

  it('can disable a principal, which then gets no tokens', async () => {
    const path = `/v1.0/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
    expect((await graph.send('PATCH', path, { accountEnabled: false })).status).toBe(204)
    expect((await requestTr(entra)).body).toMatchObject({ error_codes: [7000112] })
    await graph.send('PATCH', path, { accountEnabled: true })
    expect((await requestTr(entra)).status).toBe(200)
  })

  it('keeps all agents from getting tokens while the principal of their blueprint is disabled', async () => {
    const principal = `/v1.0/servicePrincipals/${seedIds.blueprintPrincipal}`
    const path = `${principal}/microsoft.graph.agentIdentityBlueprintPrincipal`
    expect((await graph.send('PATCH', path, { accountEnabled: false })).status).toBe(204)
    expect((await requestT1(entra)).body).toMatchObject({ error_codes: [7000112] })
    await graph.send('PATCH', path, { accountEnabled: true })
    expect((await requestT1(entra)).status).toBe(200)
  })

  it('removes a secret, which then yields no token, and refuses to remove an unknown secret', async () => {
    const { body } = await graph.post(`/applications/${blueprintAppId}/addPassword`, {})
    const ask = async () => (await requestT1(entra, { client_secret: body.secretText })).body
    expect(await ask()).toHaveProperty('access_token')
    const remove = () => graph.post(`/applications/${blueprintAppId}/removePassword`, { keyId: body.keyId })
    expect((await remove()).status).toBe(204)
    expect(await ask()).toMatchObject({ error_codes: [7000215] })
    expect((await remove()).status).toBe(400)
  })

  it('hides a new object or secret from as many look-ups as `missedLookUps` says', async () => {
    entra.entra.settings.change({ missedLookUps: 2 })
    const { body } = await graph.post('/applications', { displayName: 'New' })
    const byName = "/applications?$filter=displayName eq 'New'"
    expect((await graph.read(byName)).value).toEqual([])
    expect((await graph.read(`/applications/${body.id}`)).error.code).toBe('Request_ResourceNotFound')
    expect((await graph.read(byName)).value).toHaveLength(1)
    expect((await graph.read(`/applications/${body.id}`)).displayName).toBe('New')
    await graph.post(`/applications/${body.id}/addPassword`, {})
    const secrets = async () => (await graph.read(`/applications/${body.id}`)).passwordCredentials
    expect([await secrets(), await secrets()]).toEqual([[], []])
    expect(await secrets()).toHaveLength(1)
  })

  it('shows a secret only in the response that creates the secret', async () => {
    const { body } = await graph.post(`/applications/${blueprintAppId}/addPassword`, {})
    expect(body.secretText).toMatch(/^[\w-]{40}$/)
    const shown = await graph.read(`/applications/${blueprintAppId}`)
    expect(shown.passwordCredentials).toHaveLength(2)
    expect(JSON.stringify(shown)).not.toContain(body.secretText)
  })

  it('stores federated credentials, and finds them by id and by name', async () => {
    const path = `/applications/${blueprintAppId}/microsoft.graph.agentIdentityBlueprint/federatedIdentityCredentials`
    const credential = {
      name: 'eks-weather-agent',
      issuer: 'https://oidc.eks.eu-central-1.amazonaws.com/id/ABC',
      subject: 'system:serviceaccount:weather:agent',
      audiences: ['api://AzureADTokenExchange'],
    }
    const { status, body } = await graph.post(path, credential)
    expect(status).toBe(201)
    expect((await graph.read(path)).value).toEqual([{ ...credential, id: body.id, description: null }])
    expect((await graph.post(path, credential)).status).toBe(409)
    expect((await graph.post(path, { ...credential, name: 'other-name' })).status).toBe(409)
    await graph.send('PATCH', `/v1.0${path}/eks-weather-agent`, {
      subject: 'system:serviceaccount:weather:other',
    })
    expect((await graph.read(path)).value).toMatchObject([
      { id: body.id, subject: 'system:serviceaccount:weather:other' },
    ])
    expect((await graph.send('DELETE', `/v1.0${path}/${body.id}`)).status).toBe(204)
    expect((await graph.read(path)).value).toEqual([])
  })

  it('deletes a blueprint with its principal and its agents', async () => {
    expect((await graph.send('DELETE', `/v1.0/applications/${blueprintAppId}`)).status).toBe(204)
    expect((await graph.read('/applications/microsoft.graph.agentIdentityBlueprint')).value).toEqual([])
    expect((await graph.read('/servicePrincipals/microsoft.graph.agentIdentity')).value).toEqual([])
    expect((await graph.send('GET', `/v1.0/servicePrincipals/${seedIds.blueprintPrincipal}`)).status).toBe(
      404,
    )
  })

  it('stores permission grants and role assignments, and refuses duplicates', async () => {
    const grant = {
      clientId: agentId,
      consentType: 'AllPrincipals',
      resourceId: seedIds.graphPrincipal,
      scope: 'User.Read',
    }
    const { status, body } = await graph.post('/oauth2PermissionGrants', grant)
    expect(status).toBe(201)
    expect((await graph.post('/oauth2PermissionGrants', grant)).body.error.message).toContain(
      'already exists',
    )
    const filter = `/oauth2PermissionGrants?$filter=clientId eq '${agentId}' and consentType eq 'AllPrincipals'`
    expect((await graph.read(filter)).value).toHaveLength(2)
    await graph.send('PATCH', `/v1.0/oauth2PermissionGrants/${body.id}`, { scope: 'User.Read openid' })
    expect((await graph.read(filter)).value).toContainEqual(
      expect.objectContaining({ scope: 'User.Read openid' }),
    )
    expect((await graph.send('DELETE', `/v1.0/oauth2PermissionGrants/${body.id}`)).status).toBe(204)

    const path = `/servicePrincipals/${agentId}/appRoleAssignments`
    const [assignment] = (await graph.read(path)).value
    expect(assignment).toMatchObject({
      resourceDisplayName: 'Weather API',
      principalType: 'ServicePrincipal',
    })
    const again = await graph.post(path, {
      principalId: agentId,
      resourceId: seedIds.weatherPrincipal,
      appRoleId: seedIds.weatherReadAllRole,
    })
    expect(again.body.error).toMatchObject({ code: 'Request_BadRequest' })
    expect((await graph.send('DELETE', `/v1.0${path}/${assignment.id}`)).status).toBe(204)
    expect((await graph.read(path)).value).toEqual([])
  })

  it.each([
    [`/applications/${blueprintAppId}/microsoft.graph.agentIdentityBlueprint`],
    [`/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`],
  ])('lists, adds and removes sponsors and owners at the path %s', async path => {
    const idsOf = async (relation: string) =>
      (await graph.read(`${path}/${relation}`)).value.map(({ id }: { id: string }) => id)
    const reference = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${seedIds.ben}` }
    for (const relation of ['sponsors', 'owners']) {
      const before = await idsOf(relation)
      expect((await graph.post(`${path}/${relation}/$ref`, reference)).status).toBe(204)
      expect(await idsOf(relation)).toEqual([...before, seedIds.ben])
      const removed = () => graph.send('DELETE', `/v1.0${path}/${relation}/${seedIds.ben}/$ref`)
      expect((await removed()).status).toBe(204)
      expect(await idsOf(relation)).toEqual(before)
      expect((await removed()).status).toBe(404)
    }
    expect((await graph.read(`${path}/sponsors`)).value).toContainEqual(
      expect.objectContaining({ '@odata.type': '#microsoft.graph.user', displayName: 'Ada Osei' }),
    )
  })

  it('lets a signed-in user see and change the owners of an agent, but not its sponsors', async () => {
    const asAda = await graph.as({ scopes: ['AgentIdentity.ReadWrite.All', 'AgentIdentity.Read.All'] })
    const path = `/v1.0/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
    const reference = { '@odata.id': `https://graph.microsoft.com/v1.0/users/${seedIds.ben}` }
    expect((await graph.send('GET', `${path}/sponsors`, undefined, asAda)).status).toBe(403)
    expect((await graph.send('POST', `${path}/sponsors/$ref`, reference, asAda)).status).toBe(403)
    expect((await graph.send('GET', `${path}/owners`, undefined, asAda)).status).toBe(200)
    expect((await graph.send('POST', `${path}/owners/$ref`, reference, asAda)).status).toBe(204)
  })

  it('makes the signed-in user an owner of each application that they create', async () => {
    const { body } = await graph.post(
      '/applications/microsoft.graph.agentIdentityBlueprint',
      { displayName: 'x', ...adaAsSponsor },
      await graph.as({ scopes: ['AgentIdentityBlueprint.Create'] }),
    )
    expect((await graph.read(`/applications/${body.id}/owners`)).value).toMatchObject([{ id: seedIds.ada }])
  })

  it('shows the old value in some look-ups after a change, as Entra does until the change is replicated', async () => {
    entra.entra.settings.change({ missedLookUps: 2 })
    const agent = `/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
    const refer = (id: string) => ({ '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${id}` })
    // biome-ignore format: table
    const changes: [change: () => Promise<unknown>, look: () => Promise<unknown>, before: unknown, after: unknown][] = [
      [() => graph.send('PATCH', `/v1.0${agent}`, { accountEnabled: false }), async () => (await graph.read(agent)).accountEnabled, true, false],
      [() => graph.post(`${agent}/owners/$ref`, refer(seedIds.ben)), async () => (await graph.read(`${agent}/owners`)).value.length, 0, 1],
    ]
    for (const [change, look, before, after] of changes) {
      await change()
      expect([await look(), await look(), await look()]).toEqual([before, before, after])
    }
  })

  it('lets a disabled agent get tokens until the change is replicated', async () => {
    entra.entra.settings.change({ missedLookUps: 2 })
    await graph.send('PATCH', `/v1.0/servicePrincipals/${agentId}`, { accountEnabled: false })
    const statuses = [await requestTr(entra), await requestTr(entra), await requestTr(entra)]
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 400])
  })

  it('removes the optional claims of an API, and tokens for this API are still issued', async () => {
    const api = entra.entra.directory.application(weatherAppId)
    await graph.send('PATCH', `/v1.0/applications/${api?.id}`, { optionalClaims: null })
    expect((await graph.read(`/applications/${api?.id}`)).optionalClaims).toBeNull()
    expect(await requestTr(entra)).toMatchObject({ status: 200 })
  })

  it('finds users by userPrincipalName, and shows the signed-in user at /me', async () => {
    expect(await graph.read('/users/ben@contoso.example')).toMatchObject({ id: seedIds.ben })
    expect((await graph.read('/me')).error.code).toBe('Request_BadRequest')
    const me = await graph.send('GET', '/v1.0/me', undefined, await graph.as({ scopes: ['User.Read'] }))
    expect(me.body).toMatchObject({ userPrincipalName: 'ada@contoso.example' })
  })

  it('sends an injected fault in the format of Graph’s errors', async () => {
    entra.entra.faults.inject({
      target: { leg: 'graph' },
      fault: { kind: 'refuse', code: 90055, retryAfterSeconds: 3 },
      times: 1,
    })
    const { status, headers, body } = await graph.send('GET', '/v1.0/applications')
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toBe('3')
    expect(body.error.code).toBe('TooManyRequests')
  })

  it('responds 404 to a path that is not emulated', async () => {
    expect((await graph.send('GET', '/v1.0/groups')).status).toBe(404)
  })
})
