import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import * as wellKnown from '@entra-agents/trace/well-known'
import { decodeJwt, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { graphRoleId } from '../directory/microsoft.ts'
import { ada, Browser, ben, refresh, signIn } from '../testing/browser.ts'
import { makeCertificate } from '../testing/certificate.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestT1, requestTr, requestTrAsUser, type sendJson } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { agentId, blueprintAppId, tenantId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
const agentPath = `/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
const agentUserPath = `/users/${seedIds.agentUser}`
const weatherPath = `/applications/${seedIds.weatherApplication}`

const statusOf = async (response: ReturnType<typeof sendJson>) => (await response).status

it.each([
  ['an agent', agentPath, requestTr, 7000112],
  ['the principal of a blueprint', `/servicePrincipals/${seedIds.blueprintPrincipal}`, requestT1, 7000112],
  ['an agent’s user account', agentUserPath, requestTrAsUser, 50057],
])('%s gets no tokens while it is disabled', async (_what, path, request, code) => {
  expect(await statusOf(graph.enable(path, false))).toBe(204)
  expect((await request(entra)).body.error_codes).toEqual([code])
  await graph.enable(path, true)
  expect(await statusOf(request(entra))).toBe(200)
})

it('a secret is shown only in the response that creates it, and gets no token once it is removed', async () => {
  const { body } = await graph.post(`/applications/${blueprintAppId}/addPassword`, {})
  expect(body.secretText).toMatch(/^[\w-]{40}$/)
  const shown = await graph.read(`/applications/${blueprintAppId}`)
  expect(shown.passwordCredentials).toHaveLength(2)
  expect(JSON.stringify(shown)).not.toContain(body.secretText)
  const ask = async () => (await requestT1(entra, { client_secret: body.secretText })).body
  expect(await ask()).toHaveProperty('access_token')
  const { keyId } = body
  expect(await statusOf(graph.post(`/applications/${blueprintAppId}/removePassword`, { keyId }))).toBe(204)
  expect(await ask()).toMatchObject({ error_codes: [7000215] })
})

it('an API whose optional claims are removed still gets tokens', async () => {
  await graph.patch(weatherPath, { optionalClaims: null })
  expect((await graph.read(weatherPath)).optionalClaims).toBeNull()
  expect(await statusOf(requestTr(entra))).toBe(200)
})

it('a change of the token version from 2 to 1 empties the identifier URIs, as in Entra', async () => {
  expect(await statusOf(graph.patch(weatherPath, { api: { requestedAccessTokenVersion: 1 } }))).toBe(204)
  expect((await graph.read(weatherPath)).identifierUris).toEqual([])
  expect((await requestTr(entra)).body.error_codes).toEqual([500011])
})

it('an agent’s user account can be deleted and made again', async () => {
  const bearer = await graph.as({ roles: ['AgentIdUser.ReadWrite.All'] })
  const send = (method: string, path: string, body?: unknown) => graph.send(method, path, body, bearer)
  expect(await statusOf(send('DELETE', `/v1.0${agentUserPath}`))).toBe(204)
  expect((await requestTrAsUser(entra)).body.error_codes).toEqual([50034])
  const names = { displayName: 'Second', mailNickname: 'second', userPrincipalName: 'Second@contoso.example' }
  const second = { ...names, accountEnabled: true, identityParentId: agentId }
  const { status, body } = await send('POST', '/v1.0/users/microsoft.graph.agentUser', second)
  expect(status).toBe(201)
  const token = (await requestTrAsUser(entra, { user_id: body.id })).body.access_token
  const claims = { oid: body.id, preferred_username: 'second@contoso.example' }
  expect(decodeJwt(token)).toMatchObject(claims)
})

it('an agent’s token has the roles that the agent inherits from its blueprint', async () => {
  const principalId = seedIds.blueprintPrincipal
  const appRoleId = graphRoleId('User.ReadBasic.All')
  const assignment = { principalId, resourceId: seedIds.graphPrincipal, appRoleId }
  await graph.post(`/servicePrincipals/${principalId}/appRoleAssignments`, assignment)
  await graph.post(`/applications/${blueprintAppId}/inheritablePermissions`, {
    resourceAppId: wellKnown.graphAppId,
    inheritableScopes: { kind: 'none' },
    inheritableRoles: { kind: 'allAllowed' },
  })
  const { body } = await requestTr(entra, { scope: `${wellKnown.graphUri}/.default` })
  expect(decodeJwt(body.access_token)['roles']).toEqual(['User.ReadBasic.All'])
})

it('a certificate that is added signs assertions, beside those that are there, until it is taken away', async () => {
  using certificate = makeCertificate('added.example')
  const key = new X509Certificate(certificate.certificate).raw.toString('base64')
  const path = `/v1.0/applications/${blueprintAppId}`
  const change = async (keyCredentials: readonly object[]) => graph.send('PATCH', path, { keyCredentials })
  const added = { type: 'AsymmetricX509Cert', usage: 'Verify', key }
  expect((await change([added])).status).toBe(204)
  const [{ keyId }] = (await graph.read(path.slice('/v1.0'.length))).keyCredentials
  expect((await change([{ ...added, key: null, keyId }])).status).toBe(204)
  const assertion = await new SignJWT({ iss: blueprintAppId, sub: blueprintAppId })
    .setProtectedHeader({
      alg: 'PS256',
      'x5t#S256': createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64url'),
    })
    .setAudience(`${entra.url}/${tenantId}/v2.0`)
    .setExpirationTime('5m')
    .sign(createPrivateKey(certificate.key))
  expect((await requestT1(entra, { client_assertion: assertion })).status).toBe(200)
  expect((await change([{ ...added, key: 'bm8gY2VydGlmaWNhdGU=' }])).body.error.code).toBe(
    'Request_BadRequest',
  )
  expect((await change([])).status).toBe(204)
  expect((await requestT1(entra, { client_assertion: assertion })).body).toMatchObject({
    error_codes: [700027],
  })
})

it('revoking a user’s sessions ends their refresh tokens and sign-ins, and nobody else’s', async () => {
  const browser = new Browser(entra)
  const { body: before } = await signIn(entra, ada, {}, browser)
  const { body: other } = await signIn(entra, ben)
  entra.entra.settings.change({ clockOffsetSeconds: 5 })
  const bearer = await graph.as({ roles: ['User.ReadWrite.All'] })
  const revoked = await graph.post(`/users/${ada}/revokeSignInSessions`, undefined, bearer)
  expect(revoked.body).toMatchObject({ value: true })
  expect((await refresh(entra, before.refresh_token)).body).toMatchObject({ error_codes: [50173] })
  expect((await refresh(entra, other.refresh_token)).status).toBe(200)
  expect((await browser.open({ prompt: 'none' })).headers.get('location')).toContain('error=login_required')
  entra.entra.settings.change({ clockOffsetSeconds: 10 })
  const { body: again } = await signIn(entra, ada)
  expect((await refresh(entra, again.refresh_token)).status).toBe(200)
})
