import { reviewPermissions } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it } from 'vitest'
import { newApplication } from '../../emulators/entra/src/directory/objects.ts'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { useSetUp } from './support/tenant.ts'
import { applicationToken, graphToken } from './support/workplace.ts'

const cluster = '--cluster-issuer https://i.example --service-account a:b'
const tenant = useSetUp(`apply --client-secret ${cluster} --sponsor ${seedIds.ada} --owner ${seedIds.ben}`)
const { content, run, writes } = tenant

type Change = (tenant: ReturnType<typeof tenantNow>) => unknown

function tenantNow() {
  const find = <One extends { displayName: string }>(all: readonly One[], name: string): One => {
    const one = all.find(({ displayName }) => displayName === name)
    if (!one) throw new Error(`There is no ${name}.`)
    return one
  }
  return {
    content: content(),
    blueprint: find(content().applications, 'Weather Agent Blueprint'),
    page: find(content().applications, 'Weather Agent page'),
    api: find(content().applications, 'Weather API'),
    agent: find(content().servicePrincipals, 'weather-agent'),
    principal: (name: string) => find(content().servicePrincipals, name),
    grant: (scope: string) => {
      const grant = content().permissionGrants.find(one => one.scope === scope)
      if (!grant) throw new Error(`There is no grant of ${scope}.`)
      return grant
    },
  }
}

it('status finds the tenant as it was set up, and writes nothing', async () => {
  const { code, output } = await run('status')
  expect(output).toContain('What was evaluated is as the receipt says.')
  expect(code).toBe(0)
  expect(writes()).toEqual([])
})

// biome-ignore format: table
const drifts: [what: string, change: Change, words: string][] = [
  ['a name', ({ api }) => Object.assign(api, { displayName: 'Other' }), 'displayName is "Other", wanted "Weather API"'],
  ['a description, by which a broken-off set-up is found again', ({ page }) => Object.assign(page, { description: null }), 'description is null, wanted "Made by the set-up of entra-bedrock-agent'],
  ['an identifier URI', ({ blueprint }) => Object.assign(blueprint, { identifierUris: [] }), 'identifierUris is []'],
  ['the version of tokens', ({ api }) => Object.assign(api.api, { requestedAccessTokenVersion: 1 }), 'api.requestedAccessTokenVersion is 1, wanted 2'],
  [
    'a scope that is switched off',
    ({ blueprint }) => {
      for (const scope of blueprint.api.oauth2PermissionScopes) scope.isEnabled = false
    },
    'api.oauth2PermissionScopes[access_as_user].isEnabled is false, wanted true',
  ],
  ['a scope that is gone', ({ api }) => Object.assign(api.api, { oauth2PermissionScopes: [] }), 'api.oauth2PermissionScopes[Weather.Read] is "missing"'],
  ['an app role that is gone', ({ api }) => Object.assign(api, { appRoles: [] }), 'appRoles[Weather.Read.All] is "missing"'],
  ['optional claims that are gone', ({ api }) => api.optionalClaims?.accessToken.splice(0, 1), 'optionalClaims.accessToken[xms_act_fct] is "missing"'],
  ['claims that are not accepted as mapped', ({ api }) => Object.assign(api.api, { acceptMappedClaims: null }), 'api.acceptMappedClaims is null, wanted true'],
  ['the API that the page is for', ({ page }) => Object.assign(page, { requiredResourceAccess: [] }), 'requiredResourceAccess['],
  ['an additional redirect URI', ({ page }) => page.spa.redirectUris.push('https://evil.example'), 'spa.redirectUris is ["http://localhost:3001/auth/redirect.html","https://evil.example"]'],
  [
    'the subject of a federated credential',
    ({ blueprint }) => {
      for (const credential of blueprint.federatedIdentityCredentials) credential.subject = 'somebody-else'
    },
    'subject is "somebody-else", wanted "system:serviceaccount:a:b"',
  ],
  ['a federated credential that is gone', ({ blueprint }) => Object.assign(blueprint, { federatedIdentityCredentials: [] }), 'missing '],
  ['a secret that is gone', ({ blueprint }) => Object.assign(blueprint, { passwordCredentials: [] }), 'missing '],
  ['a blueprint that is open to other tenants', ({ blueprint }) => Object.assign(blueprint, { signInAudience: 'AzureADMultipleOrgs' }), 'signInAudience is "AzureADMultipleOrgs", wanted "AzureADMyOrg"'],
  ['a scope with a blank before it, which Entra takes for not granted', ({ grant }) => Object.assign(grant('Weather.Read'), { scope: ' Weather.Read' }), 'scope is " Weather.Read", wanted "Weather.Read"'],
  ['a consent to more than was wanted', ({ grant }) => Object.assign(grant('access_as_user'), { scope: 'access_as_user more' }), 'scope is "access_as_user more"'],
  ['a consent of one user in place of that for all', ({ grant }) => Object.assign(grant('Weather.Read'), { consentType: 'Principal', principalId: seedIds.ada }), 'missing '],
  ['an app role assignment that is gone', ({ content, agent }) => Object.assign(content, { appRoleAssignments: content.appRoleAssignments.filter(one => one.principalId !== agent.id) }), 'missing '],
  ['an agent identity that is gone', ({ agent }) => tenant.entra.directory.removePrincipal(agent), 'agent identity "weather-agent"'],
  ['a principal that is gone', ({ principal }) => tenant.entra.directory.removePrincipal(principal('Weather API')), 'principal of the API'],
  ['a sponsor of the blueprint who was taken away', ({ blueprint }) => blueprint.sponsors.splice(0), `sponsor ${seedIds.ada} of blueprint "Weather Agent Blueprint"`],
  ['an owner of the blueprint who was taken away', ({ blueprint }) => blueprint.owners.splice(0), `owner ${seedIds.ben} of blueprint "Weather Agent Blueprint"`],
  ['an owner of the agent who was taken away', ({ agent }) => agent.owners.splice(0), `owner ${seedIds.ben} of agent identity "weather-agent"`],
]

describe('`status` notices, and `apply` corrects,', () => {
  it.each(drifts)('a difference from the receipt: %s', async (_what, change, words) => {
    change(tenantNow())
    const { code, output } = await run('status')
    expect(output).toContain(words)
    expect(code).toBe(3)
    expect(writes()).toEqual([])
    expect((await run('apply')).code).toBe(0)
    expect(await run('status')).toMatchObject({ code: 0 })
  })
})

const foreignId = '99999999-0000-4000-8000-000000000001'
const cy = {
  id: foreignId,
  displayName: 'Cy',
  userPrincipalName: 'cy@contoso.example',
  mail: 'cy@contoso.example',
}
const aGrant = { id: 'added', consentType: 'AllPrincipals', principalId: null, scope: 'Mail.Read' } as const
const aRole = { id: 'added', createdDateTime: '2026-11-01T00:00:00Z' } as const
const aSecret = {
  keyId: 'added',
  displayName: 'more',
  startDateTime: '2026-11-01T00:00:00Z',
  endDateTime: '2030-01-01T00:00:00Z',
  secretText: 'text',
}
const aScope = {
  id: foreignId,
  value: 'More',
  type: 'User',
  isEnabled: true,
  userConsentDescription: '',
} as const

// biome-ignore format: table
const additions: [what: string, change: Change, words: string][] = [
  ['a further secret of the blueprint', ({ blueprint }) => blueprint.passwordCredentials.push(aSecret), 'client secret "more" until 2030-01-01T00:00:00Z, of blueprint "Weather Agent Blueprint"'],
  ['a secret of the page', ({ page }) => page.passwordCredentials.push(aSecret), 'client secret "more" until 2030-01-01T00:00:00Z, of application "Weather Agent page"'],
  ['a federated credential of another subject', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: 'https://i.example', subject: 'else', audiences: ['x'] }), 'federated credential for else of https://i.example, of blueprint'],
  ['an owner of the API', ({ content, api }) => { content.users.push(cy); api.owners.push(cy.id) }, 'owner Cy of application "Weather API"'],
  ['a sponsor of the blueprint', ({ blueprint }) => { blueprint.sponsors = [...blueprint.sponsors, seedIds.ben] }, 'sponsor Ben'],
  ['a consent to Mail.Read of Graph', ({ content, agent }) => content.permissionGrants.push({ ...aGrant, clientId: agent.id, resourceId: seedIds.graphPrincipal }), `consent of all users to Mail.Read of ${seedIds.graphPrincipal}, of agent identity "weather-agent"`],
  ['an app role of Graph', ({ content, agent }) => content.appRoleAssignments.push({ ...aRole, principalId: agent.id, resourceId: seedIds.graphPrincipal, appRoleId: foreignId }), `app role ${foreignId} of "Microsoft Graph", of agent identity "weather-agent"`],
  ['somebody else who has the app role of the API', ({ content, principal }) => content.appRoleAssignments.push({ ...aRole, principalId: seedIds.setupPrincipal, resourceId: principal('Weather API').id, appRoleId: foreignId }), `app role ${foreignId} of "Weather API"`],
  ['another agent of the blueprint', ({ content, agent }) => content.servicePrincipals.push({ ...agent, id: foreignId, appId: foreignId, displayName: 'theirs' }), 'agent identity "theirs" of the blueprint'],
  ['a group that the agent is in', ({ content, agent }) => content.groups[0]?.members.push(agent.id), 'group or role "Weather readers", of agent identity "weather-agent"'],
  ['a directory role', ({ content, agent }) => content.roleAssignments.push({ ...aRole, principalId: agent.id, roleDefinitionId: foreignId, directoryScopeId: '/' }), `directory role ${foreignId} in /, of agent identity "weather-agent"`],
  ['a further scope', ({ api }) => api.api.oauth2PermissionScopes.push(aScope), 'api.oauth2PermissionScopes[More] of application "Weather API"'],
  ['a redirect URI of the blueprint', ({ blueprint }) => blueprint.web.redirectUris.push('https://evil.example/'), 'web.redirectUris[https://evil.example/] of blueprint'],
  ['an application that may change the blueprint', ({ blueprint }) => blueprint.managerApplications.push(foreignId), `managerApplications[${foreignId}] of blueprint`],
  ['an owner of the blueprint’s principal', ({ content, principal }) => { content.users.push(cy); principal('Weather Agent Blueprint').owners.push(cy.id) }, 'owner Cy of principal of the blueprint'],
  ['another client that may call the agent', ({ content, principal }) => content.permissionGrants.push({ ...aGrant, scope: 'access_as_user', clientId: seedIds.setupPrincipal, resourceId: principal('Weather Agent Blueprint').id }), 'consent of all users to access_as_user of'],
  ['an ordinary application with the blueprint’s name', ({ content }) => content.applications.push(newApplication({ appId: foreignId, displayName: 'weather agent BLUEPRINT' })), 'application "weather agent BLUEPRINT", which has the blueprint’s name'],
  ['a client that needs no consent', ({ blueprint }) => blueprint.api.preAuthorizedApplications.push({ appId: foreignId, delegatedPermissionIds: [] }), `api.preAuthorizedApplications[${foreignId}] of blueprint`],
]

describe('an addition that nobody asked for', () => {
  it.each(additions)('is reported by `status` and kept by `apply`: %s', async (_what, change, words) => {
    change(tenantNow())
    const { code, output } = await run('status')
    const told = output.split('\n').filter(line => line.startsWith('extra'))
    expect(told).toEqual([expect.stringContaining(words)])
    expect(output).toContain('1 thing is there that nobody asked for.')
    expect(code).toBe(3)
    expect((await run('apply')).code).toBe(0)
    expect(writes()).toEqual([])
    expect((await run('status')).output).toContain(words)
  })

  it('is not reported if it is one user’s consent to a scope that is granted for all users, or to sign-in scopes only', async () => {
    const { content, agent, grant } = tenantNow()
    const ofAda = { consentType: 'Principal', principalId: seedIds.ada } as const
    content.permissionGrants.push(
      { ...grant('Weather.Read'), ...ofAda, id: 'a' },
      { ...ofAda, id: 'b', clientId: agent.id, resourceId: seedIds.graphPrincipal, scope: 'openid profile' },
    )
    expect((await run('status')).code).toBe(0)
  })
})

it('status reports an access package to a caller who may read them, and otherwise that nobody knows', async () => {
  const { content, agent } = tenantNow()
  const accessPackage = { displayName: 'Finance' }
  content.accessPackageAssignments.push({
    id: 'added',
    state: 'delivered',
    target: { objectId: agent.id },
    accessPackage,
  })
  expect((await run('status')).output).toMatch(
    /^not evaluated +access packages of agent identity "weather-agent"$/m,
  )
  tenant.workplace.useToken(await graphToken(tenant, [...permissions, ...reviewPermissions]))
  const { code, output } = await run('status')
  expect(output).toMatch(/^extra +added +access package "Finance", of agent identity "weather-agent"$/m)
  expect(code).toBe(3)
})

it('status marks what Graph leaves out as “not evaluated”, never as clean', async () => {
  const without = permissions.filter(one => one !== 'RoleManagement.Read.Directory')
  tenant.workplace.useToken(await graphToken(tenant, without))
  const { code, output } = await run('status')
  expect(output).toMatch(/^not evaluated +directory roles of agent identity "weather-agent"$/m)
  expect(output).toContain('nobody knows whether all is as it should be')
  expect(output).not.toContain('The tenant is as the receipt says.')
  expect(code).toBe(0)
})

describe('the sponsor of an agent', () => {
  const title = `sponsor ${seedIds.ada} of agent identity "weather-agent"`

  it('is hidden from users, and the commands say so', async () => {
    tenantNow().agent.sponsors = []
    for (const command of ['status', 'plan', 'apply']) {
      const { code, output } = await run(command)
      expect(output).toMatch(new RegExp(`^not evaluated +${title}$`, 'm'))
      expect(code).toBe(0)
    }
    expect((await run('status')).output).toContain('AgentIdentity.ReadWrite.All only, never to users')
    expect(writes()).toEqual([])
  })

  it('that was removed is reported as missing, and added again, if an application runs the commands', async () => {
    tenant.workplace.useToken(await applicationToken(tenant, [...permissions, ...reviewPermissions]))
    expect((await run('status')).output).toContain('The tenant is as the receipt says.')
    tenantNow().agent.sponsors = []
    const status = await run('status')
    expect(status.output).toMatch(new RegExp(`^missing +${title}$`, 'm'))
    expect(status.code).toBe(3)
    const plan = await run('plan')
    expect(plan.output).toMatch(new RegExp(`^create +new +${title}$`, 'm'))
    expect(plan.output).toContain('1 to create, 0 to correct')
    expect(writes()).toEqual([])
    const apply = await run('apply')
    expect(apply.output).toMatch(new RegExp(`^created +${seedIds.ada} +${title}$`, 'm'))
    expect(tenantNow().agent.sponsors).toEqual([seedIds.ada])
    expect((await run('status')).code).toBe(0)
  })
})

describe('`status` reports, and only `enable` switches on again, the switched-off principal', () => {
  it.each(['Weather Agent Blueprint', 'Weather API', 'Weather Agent page'])('of the %s', async name => {
    tenantNow().principal(name).accountEnabled = false
    const { code, output } = await run('status')
    expect(output).toMatch(/^switched +\S+ principal of/m)
    expect(output).toContain('which apply leaves alone: npx --no-install agentctl entra enable')
    expect(code).toBe(3)
    expect((await run('apply')).code).toBe(0)
    expect(tenantNow().principal(name).accountEnabled).toBe(false)
    expect((await run('enable')).code).toBe(0)
    expect((await run('status')).code).toBe(0)
  })
})

describe('an agent', () => {
  it('that somebody switched off is noticed by `status`, and not switched on by `apply`', async () => {
    tenantNow().agent.accountEnabled = false
    const { code, output } = await run('status')
    expect(code).toBe(3)
    expect(output).toContain('accountEnabled is false, wanted true')
    expect((await run('apply')).code).toBe(0)
    expect(tenantNow().agent.accountEnabled).toBe(false)
    expect((await run('enable')).code).toBe(0)
    expect(tenantNow().agent.accountEnabled).toBe(true)
    expect((await run('status')).code).toBe(0)
  })

  it('that `disable` switched off is as `status` expects it; `status` notices when somebody switches the agent on', async () => {
    const { output } = await run('disable')
    expect(output).toContain('Tokens issued before stay valid until they expire, which is up to 90 minutes')
    expect(tenantNow().agent.accountEnabled).toBe(false)
    const status = await run('status')
    expect(status.code).toBe(0)
    expect(status.output).toContain('Agent "weather-agent" is switched off and gets no new token.')
    tenantNow().agent.accountEnabled = true
    expect((await run('status')).output).toContain('accountEnabled is true, wanted false')
  })

  it('is switched off without the others if `disable` gets its name; an unknown name is reported', async () => {
    await run('apply --agent second')
    await run('disable --agent second')
    expect(tenantNow().agent.accountEnabled).toBe(true)
    expect(tenantNow().principal('second').accountEnabled).toBe(false)
    const { code, said } = await run('disable --agent third')
    expect(code).toBe(2)
    expect(said).toContain('It knows: weather-agent, second.')
  })
})
