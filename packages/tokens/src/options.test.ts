import { expect, it } from 'vitest'
import type { ResourceServerOptions } from './options.ts'
import { createResourceServer } from './resource-server.ts'
import { sampleIds } from './testing/sample-ids.ts'
import { createIssuer } from './testing/token-issuer.ts'
import { agentToken, weatherApiOptions } from './testing/weather-api.ts'

const good: ResourceServerOptions = weatherApiOptions('https://login.microsoftonline.com')
const agent = { clientId: sampleIds.agentClientId, isAgent: true }

// biome-ignore format: table
it.each<[fault: string, changes: object]>([
  ['name must be in kebab-case, and is "Tasks API"', { name: 'Tasks API' }],
  ['name must be in kebab-case, and is "a" b"', { name: 'a" b' }],
  ['name must be in kebab-case, and is "undefined"', { name: undefined }],
  ['tenantId must be a GUID, and is "common"', { tenantId: 'common' }],
  ['tenantId must be a GUID, and is "undefined"', { tenantId: undefined }],
  ['appId must be a GUID, and is "api://a"', { appId: 'api://a' }],
  ['authority must be https, or http on loopback, and is "http://login.example"', { authority: 'http://login.example' }],
  ['authority must be https, or http on loopback, and is "login.example"', { authority: 'login.example' }],
  ['authority must be https, or http on loopback, and is ""', { authority: '' }],
  ['authority must be https, or http on loopback, and is "https://login.example/?a"', { authority: 'https://login.example/?a' }],
  ["callers must be a list that is not empty, or 'any'", { callers: [] }],
  ["callers must be a list that is not empty, or 'any'", { callers: undefined }],
  ["callers must be a list that is not empty, or 'any'", { callers: 'Any' }],
  ['callers must have GUIDs; "ABC" is none', { callers: [agent, { clientId: 'ABC' }] }],
  ['callers must have GUIDs; "ada" is none', { callers: [{ ...agent, agentUserId: 'ada' }] }],
  ['callers must have GUIDs; "ABC" is none', { callers: [{ clientId: 'ABC', agentUserId: agent.clientId }] }],
  ['permissions must not be empty', { permissions: {} }],
  ['permissions must not be empty', { permissions: undefined }],
  ['autonomous, obo, agent-user; app is "A"', { permissions: { app: 'A' } }],
  ['autonomous, obo, agent-user; obo is ""', { permissions: { obo: '' } }],
  ['autonomous, obo, agent-user; obo is "A B"', { permissions: { obo: 'A B' } }],
  ['autonomous, obo, agent-user; obo is []', { permissions: { obo: [] } }],
  ['autonomous, obo, agent-user; autonomous is ["A",7]', { permissions: { autonomous: ['A', 7] } }],
  ['authenticationContext is "1", not c1 to c99', { authenticationContext: '1' }],
  ['tolerance must have seconds as start and end', { tolerance: { start: 60 } }],
  ['tolerance must have seconds as start and end', { tolerance: { start: 0, end: Number.POSITIVE_INFINITY } }],
  ['tolerance must have seconds as start and end', { tolerance: { start: -1, end: 0 } }],
  ['audiences must have lists that are not empty', { audiences: { '1.0': ['a'], '2.0': [] } }],
  ['audiences must have lists that are not empty', { audiences: { '1.0': ['a'], '2.0': 'a' } }],
  ['resource must be an http or https URL, and is "tasks"', { resource: 'tasks' }],
  ['resource must be an http or https URL, and is "api://tasks"', { resource: 'api://tasks' }],
  ['The URL of a deny list must be https', { denyList: 'http://lists.example/denied.json' }],
])('Options are refused at once: %s', (fault, changes) => {
  const create = () => createResourceServer({ ...good, ...changes })
  expect(create).toThrow(TypeError)
  expect(create).toThrow(fault)
})

it('All faults of the options are told at once', () => {
  expect(() => createResourceServer({ ...good, tenantId: '', appId: 'b', callers: [] })).toThrow(
    /^tenantId .*\. appId .*\. callers .*\.$/,
  )
})

it('Ids with capitals and an authority with a slash at its end let in the same callers', async () => {
  const tenantId = 'aaaaaaaa-0000-4000-8000-000000000000'
  const appId = 'bbbbbbbb-0000-4000-8000-000000000000'
  const clientId = 'cccccccc-0000-4000-8000-000000000000'
  const issuer = await createIssuer({ tenantId })
  const ids = { tid: tenantId, aud: appId, azp: clientId, oid: clientId, sub: clientId }
  const claims = { ...ids, iss: `${issuer.url}/${tenantId}/v2.0` }
  const server = createResourceServer({
    ...weatherApiOptions(issuer.url),
    authority: `${issuer.url}/`,
    tenantId: tenantId.toUpperCase(),
    appId: appId.toUpperCase(),
    callers: [{ clientId: clientId.toUpperCase(), isAgent: true }],
  })
  const token = agentToken(issuer, claims)
  expect(await server.authorize(`Bearer ${token}`)).toMatchObject({ kind: 'agent', caller: clientId })
  await Promise.all([server.close(), issuer.close()])
})

it('Signatures are verified unless exactly `false` is said', async () => {
  const issuer = await createIssuer()
  const forged = `Bearer ${agentToken(issuer).slice(0, -8)}AAAAAAAA`
  for (const verifySignature of [null, 0, '', undefined] as unknown as boolean[]) {
    const server = createResourceServer({ ...weatherApiOptions(issuer.url), verifySignature })
    await expect(server.authorize(forged)).rejects.toMatchObject({ failedCheck: 'signature' })
    await server.close()
  }
  await issuer.close()
})
