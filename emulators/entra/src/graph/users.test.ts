import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../directory/seed.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestTrAsUser } from '../testing/requests.ts'
import { agentId, setupAppId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()

/** Calls Graph as a client with these app roles. */
async function graphAs(client: string, ...roles: string[]) {
  const bearer = await graph.as({ client, roles })
  return (method: string, path: string, body?: unknown) => graph.send(method, `/v1.0${path}`, body, bearer)
}
const graphAsUserManager = () => graphAs(setupAppId, 'AgentIdUser.ReadWrite.All')
const agentUsersPath = '/users/microsoft.graph.agentUser'

const newAgentUser = {
  accountEnabled: true,
  displayName: 'Second',
  mailNickname: 'second',
  userPrincipalName: 'Second@contoso.example',
  identityParentId: agentId,
}

describe('an agent’s own user account', () => {
  it('has a type of its own in Graph, and can be deleted and made again', async () => {
    const send = await graphAsUserManager()
    const seeded = await send('GET', `/users/${seedIds.agentUser}`)
    expect(seeded.body).toMatchObject({
      '@odata.type': '#microsoft.graph.agentUser',
      identityParentId: agentId,
      accountEnabled: true,
    })
    expect((await send('DELETE', `/users/${seedIds.agentUser}`)).status).toBe(204)
    expect((await send('GET', `/users/${seedIds.agentUser}`)).status).toBe(404)
    expect((await requestTrAsUser(entra)).body.error_codes).toEqual([50034])
    const { status, body } = await send('POST', agentUsersPath, newAgentUser)
    expect(status).toBe(201)
    const token = (await requestTrAsUser(entra, { user_id: body.id })).body.access_token
    expect(decodeJwt(token)).toMatchObject({ oid: body.id, preferred_username: 'second@contoso.example' })
  })

  it('gets no token while it is disabled', async () => {
    const send = await graphAsUserManager()
    const path = `/users/${seedIds.agentUser}`
    expect((await send('PATCH', path, { accountEnabled: false })).status).toBe(204)
    expect((await requestTrAsUser(entra)).body.error_codes).toEqual([50057])
    await send('PATCH', path, { accountEnabled: true })
    expect((await requestTrAsUser(entra)).status).toBe(200)
  })

  // biome-ignore format: table
  const refused: [what: string, change: Record<string, unknown>, status: number, message: string][] = [
    ['an agent that has an account already', { identityParentId: agentId }, 400, 'has a user account already'],
    ['a parent that is no agent identity', { identityParentId: seedIds.blueprintPrincipal }, 400, 'IdentityParent'],
    ['an unknown parent', { identityParentId: '99999999-9999-4999-8999-999999999999' }, 400, 'IdentityParent: Object with id'],
    ['a name with forbidden characters', { mailNickname: 'zwölf' }, 400, 'mailNickname'],
  ]
  it.each(refused)('cannot be made by a request with %s', async (_what, change, status, message) => {
    const send = await graphAsUserManager()
    const answer = await send('POST', agentUsersPath, { ...newAgentUser, ...change })
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringContaining(message) } } })
  })

  it.each([
    ['a name that is taken', { userPrincipalName: 'ada@contoso.example' }, 409],
    ['a domain that is not the tenant’s', { userPrincipalName: 'second@fabrikam.example' }, 400],
  ])('cannot be made with an unsuitable sign-in name: %s', async (_what, change, status) => {
    const send = await graphAsUserManager()
    await send('DELETE', `/users/${seedIds.agentUser}`)
    const answer = await send('POST', agentUsersPath, { ...newAgentUser, ...change })
    expect(answer.status).toBe(status)
  })

  it('cannot be made with a right that only reads users; even the right to write all users deletes only accounts of agents', async () => {
    const nobody = await graphAs(setupAppId, 'User.ReadBasic.All')
    expect((await nobody('POST', agentUsersPath, newAgentUser)).status).toBe(403)
    const send = await graphAs(setupAppId, 'User.ReadWrite.All')
    expect((await send('DELETE', `/users/${seedIds.ada}`)).status).toBe(403)
  })
})

it('agents’ user accounts are listed apart from all other users', async () => {
  const send = await graphAsUserManager()
  const { body } = await send('GET', agentUsersPath)
  expect(body.value.map(({ id }: { id: string }) => id)).toEqual([seedIds.agentUser])
})
