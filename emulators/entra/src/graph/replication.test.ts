import { beforeEach, expect, it } from 'vitest'
import { startGraphForFile } from '../testing/graph-client.ts'
import { requestTr } from '../testing/requests.ts'
import { seedIds } from '../testing/seed-ids.ts'
import { agentId } from '../testing/start-entra.ts'

const { entra, graph } = await startGraphForFile()
beforeEach(() => entra.entra.settings.change({ missedLookUps: 2 }))

const agentPath = `/servicePrincipals/${agentId}/microsoft.graph.agentIdentity`
const benReference = { '@odata.id': `https://graph.microsoft.com/v1.0/directoryObjects/${seedIds.ben}` }
const countAt = async (path: string) => (await graph.read(path)).value.length
const namedNew = "/applications?$filter=displayName eq 'New'"

it.each<[what: string, change: () => Promise<unknown>, look: () => Promise<unknown>, seen: unknown[]]>([
  [
    'a new object',
    () => graph.post('/applications', { displayName: 'New' }),
    () => countAt(namedNew),
    [0, 0, 1],
  ],
  [
    'a disabled agent',
    () => graph.enable(agentPath, false),
    async () => (await graph.read(agentPath)).accountEnabled,
    [true, true, false],
  ],
  [
    'tokens of a disabled agent',
    () => graph.enable(agentPath, false),
    async () => (await requestTr(entra)).status,
    [200, 200, 400],
  ],
  [
    'a new owner',
    () => graph.post(`${agentPath}/owners/$ref`, benReference),
    () => countAt(`${agentPath}/owners`),
    [0, 0, 1],
  ],
])('as many look-ups as `missedLookUps` says miss a change: %s', async (_what, change, look, seen) => {
  await change()
  expect([await look(), await look(), await look()]).toEqual(seen)
})

it('look-ups miss a new object by its id, and a new secret, until the change is replicated', async () => {
  const { id } = (await graph.post('/applications', { displayName: 'New' })).body
  const find = () => graph.read(`/applications/${id}`)
  const missing = { error: { code: 'Request_ResourceNotFound' } }
  expect([await find(), await find()]).toMatchObject([missing, missing])
  await graph.post(`/applications/${id}/addPassword`, {})
  const secrets = [await find(), await find(), await find()].map(found => found.passwordCredentials.length)
  expect(secrets).toEqual([0, 0, 1])
})
