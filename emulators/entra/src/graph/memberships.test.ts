import { expect, it } from 'vitest'
import { stableId } from '../directory/microsoft.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { seedIds } from '../testing/seed-ids.ts'

const { entra, graph } = await startGraphForFile()
const { ben, group: groupId } = seedIds
const list = async (path: string, bearer?: Awaited<ReturnType<typeof graph.as>>) =>
  (await graph.send('GET', `/v1.0${path}`, undefined, bearer)).body.value

it('Graph lists what somebody may activate or join, and what they own', async () => {
  const { content } = entra.entra.directory
  const times = { id: 'added', createdDateTime: '2026-11-01T00:00:00Z' }
  const roleDefinitionId = stableId('role Global Administrator')
  content.roleEligibilities.push({ ...times, roleDefinitionId, directoryScopeId: '/', principalId: ben })
  content.groupEligibilities.push({ id: 'added', principalId: ben, groupId, accessId: 'owner' })
  for (const group of content.groups) Object.assign(group, { owners: [ben] })
  const ofGroups = ['GroupMember.Read.All', 'GroupMember.ReadWrite.All']
  const roles = ['PrivilegedEligibilitySchedule.Read.AzureADGroup', ...ofGroups]
  const bearer = await graph.as({ roles })
  const ofUser = (user: string) =>
    list(`/roleManagement/directory/roleEligibilityScheduleInstances?$filter=principalId eq '${user}'`)
  expect(await ofUser(ben)).toMatchObject([
    { principal: { displayName: 'Ben Lindqvist' }, roleDefinition: { displayName: 'Global Administrator' } },
  ])
  expect(await ofUser(seedIds.ada)).toEqual([])
  const eligible = '/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances'
  const group = { displayName: 'Weather readers' }
  expect(await list(`${eligible}?$filter=groupId eq '${groupId}'`, bearer)).toMatchObject([
    { accessId: 'owner', group },
  ])
  expect(await list(`/groups/${groupId}/owners`, bearer)).toMatchObject([{ id: ben }])
  expect(await list(`/users/${ben}/ownedObjects`, bearer)).toMatchObject([group])
})
