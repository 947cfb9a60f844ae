import { expect, it } from 'vitest'
import { stableId } from '../directory/microsoft.ts'
import { startGraphForFile } from '../testing/graph-client.ts'
import { seedIds } from '../testing/seed-ids.ts'

const { entra, graph } = await startGraphForFile()
const content = () => entra.entra.directory.content
const role = { roleDefinitionId: stableId('role Global Administrator'), directoryScopeId: '/' }
const made = { id: 'added', createdDateTime: '2026-11-01T00:00:00Z' }
const groupsPath = '/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances'

it('Graph lists the roles that somebody may activate, with the names of role and holder', async () => {
  content().roleEligibilities.push({ ...made, ...role, principalId: seedIds.ben })
  const path = '/roleManagement/directory/roleEligibilityScheduleInstances'
  const { value } = await graph.read(`${path}?$filter=principalId eq '${seedIds.ben}'`)
  expect(value).toMatchObject([
    { principal: { displayName: 'Ben Lindqvist' }, roleDefinition: { displayName: 'Global Administrator' } },
  ])
  expect((await graph.read(`${path}?$filter=principalId eq '${seedIds.ada}'`))['value']).toEqual([])
})

it('Graph lists the groups that somebody may join ', async () => {
  const eligibility = {
    id: 'added',
    principalId: seedIds.ben,
    groupId: seedIds.group,
    accessId: 'owner',
  } as const
  content().groupEligibilities.push(eligibility)
  const path = `/v1.0${groupsPath}?$filter=groupId eq '${seedIds.group}'`
  const roles = ['PrivilegedEligibilitySchedule.Read.AzureADGroup']
  const { body } = await graph.send('GET', path, undefined, await graph.as({ roles }))
  expect(body['value']).toMatchObject([{ accessId: 'owner', group: { displayName: 'Weather readers' } }])
})

it('Graph lists members of groups of a group, owners, and what somebody owns', async () => {
  const inner = {
    id: 'inner',
    kind: 'group',
    displayName: 'Inner',
    members: [seedIds.weatherPrincipal],
  } as const
  content().groups.push({ ...inner, members: [...inner.members], owners: [seedIds.ben] })
  content().groups[0]?.members.push('inner')
  const bearer = await graph.as({ roles: ['GroupMember.Read.All', 'GroupMember.ReadWrite.All'] })
  const list = async (path: string) =>
    (await graph.send('GET', `/v1.0${path}`, undefined, bearer)).body['value']
  const members = [{ displayName: 'Inner' }, { '@odata.type': '#microsoft.graph.servicePrincipal' }]
  expect(await list(`/groups/${seedIds.group}/transitiveMembers`)).toMatchObject(members)
  expect(await list('/groups/inner/owners')).toMatchObject([{ '@odata.type': '#microsoft.graph.user' }])
  expect(await list(`/users/${seedIds.ben}/ownedObjects`)).toMatchObject([{ displayName: 'Inner' }])
})
