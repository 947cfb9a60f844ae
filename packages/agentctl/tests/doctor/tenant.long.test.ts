import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { reviewPermissions } from '@entra-agents/trace'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ConditionalAccessPolicy } from '../../../../emulators/entra/src/directory/policies.ts'
import { tenantId } from '../../../../emulators/entra/src/testing/start-entra.ts'
import { examine, type Finding } from '../../src/doctor/finding.ts'
import { readChecks, type TenantOptions } from '../../src/doctor/tenant.ts'
import { permissions } from '../../src/entra/objects/kinds.ts'
import { aSecret, creation, namedObjects, type TenantNow } from '../entra/support/radius.ts'
import { newWorkplace, useSetUp } from '../entra/support/tenant.ts'
import { sectionOf } from './support/table.ts'

const globalFetch = fetch
const cluster = '--cluster-issuer https://i.example --service-account a:b'
const tenant = useSetUp(`apply ${cluster} --agent weather:autonomous+agent-user --agent trainee:none`, [
  ...permissions,
  ...reviewPermissions,
  'Policy.Read.All',
])

type Options = Partial<Omit<TenantOptions, 'contexts'>>
const look = async (options: Options = {}) =>
  examine(
    await readChecks({
      receipt: tenant.workplace.receiptPath,
      tokenFile: tenant.workplace.tokenPath,
      ...options,
      env: { GRAPH_URL: tenant.url, TENANT_ID: tenantId, ...options.env },
    }),
  )

type Change = (tenant: TenantNow) => unknown

/** The only policy of the tenant blocks, for everything, or what `more` says. */
const withPolicy =
  (
    conditions: Partial<ConditionalAccessPolicy['conditions']>,
    more: Partial<ConditionalAccessPolicy> = {},
  ): Change =>
  ({ content }) => {
    const grantControls = { operator: 'OR' as const, builtInControls: ['block' as const] }
    const own = { id: 'policy-1', displayName: 'A policy', state: 'enabled' as const, grantControls }
    const applications = { includeApplications: ['All'] }
    content.conditionalAccessPolicies = [{ ...own, ...more, conditions: { applications, ...conditions } }]
  }
const agents = { clientApplications: { includeAgentIdServicePrincipals: ['All'] } }
const atRisk = { ...agents, agentIdRiskLevels: 'high' }
const mfa: Partial<ConditionalAccessPolicy> = { grantControls: { operator: 'OR', builtInControls: ['mfa'] } }
const reportOnly = { state: 'enabledForReportingButNotEnforced' } as const
const withContext = (context: string, state: ConditionalAccessPolicy['state'] = 'enabled') => {
  const applications = { includeAuthenticationContextClassReferences: [context] }
  const users = { includeUsers: ['All'], excludeUsers: [] }
  return withPolicy({ clientAppTypes: ['all'], users, applications }, { ...mfa, state })
}
const demandsContext: Options = { env: { ALERTS_AUTH_CONTEXT: 'c1' } }

/** Control characters, and one that turns the direction of text. */
const oddName = 'x\u001b[2K\nPASS  all\u202e'

// biome-ignore format: table
const situations: readonly (readonly [what: string, change: Change, options?: Options])[] = [
  ['a secret beside the federated credential', ({ blueprint }) => blueprint.passwordCredentials.push(aSecret)],
  ['a foreign federated credential', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: 'https://evil.example', subject: 'else', audiences: ['x'] })],
  [
    'a right that an agent without rights of its own inherits',
    ({ content, blueprint, principal, api, named }) => {
      content.appRoleAssignments.push({ ...creation, principalId: principal.id, resourceId: named('Weather API').id, appRoleId: api.appRoles[0]?.id ?? '' })
      blueprint.inheritablePermissions.push({ resourceAppId: api.appId, inheritableRoles: { kind: 'allAllowed' } })
    },
  ],
  ['an agent’s user account that somebody switched off', ({ user }) => Object.assign(user, { accountEnabled: false })],
  ['an agent’s user account that is gone', ({ user }) => tenant.entra.directory.remove(user)],
  ['a consent with a blank before its scope', ({ content }) => Object.assign(content.permissionGrants.find(one => one.consentType === 'Principal') ?? {}, { scope: ' Weather.Read' })],
  ['an agent without a sponsor', ({ named }) => named('weather').sponsors.splice(0)],
  ['a group whose name has control characters', ({ content, named }) => content.groups.push({ id: 'odd', kind: 'group', displayName: oddName, members: [named('weather').id] })],
  ['a policy that blocks agents at high risk', withPolicy(atRisk)],
  ['a policy that blocks agents at high risk, and only reports', withPolicy(atRisk, reportOnly)],
  ['a policy that demands a second factor of agents', withPolicy(agents, mfa)],
  ['a policy that blocks all agents', withPolicy(agents)],
  ['a policy that blocks all agents, and only reports', withPolicy(agents, reportOnly)],
  ['a policy that blocks agents’ user accounts', withPolicy({ users: { includeUsers: ['AllAgentIdUsers'] } })],
  ['no receipt', () => {}, { receipt: 'nowhere.json' }],
  ['an authentication context that an enabled policy names', withContext('c1'), demandsContext],
  ['an authentication context without a policy', () => {}, demandsContext],
  ['an authentication context whose policy is off', withContext('c1', 'disabled'), demandsContext],
  ['an authentication context whose policy only reports', withContext('c1', reportOnly.state), demandsContext],
  ['an authentication context where a policy names another one', withContext('c10'), demandsContext],
]

it('The doctor says how the tenant differs from what the set-up made', async () => {
  const whole = structuredClone(tenant.content())
  const good = await look()
  const sections = [sectionOf('the tenant as the set-up made it', good)]
  for (const [what, change, options] of situations) {
    Object.assign(tenant.content(), structuredClone(whole))
    change(namedObjects(tenant))
    const isNew = (finding: Finding) => !good.some(known => isDeepStrictEqual(known, finding))
    sections.push(sectionOf(what, (await look(options)).filter(isNew)))
  }
  expect(sections.join('')).not.toMatch(/[^\P{C}\n]/u)
  await expect(sections.join('')).toMatchFileSnapshot('tenant.txt')
})

it('The doctor names what Graph does not show to a user, and the permission that shows it', async () => {
  withContext('c1')(namedObjects(tenant))
  using asUser = newWorkplace(tenant)
  const findings = await look({ ...demandsContext, tokenFile: asUser.tokenPath })
  const unread = findings.filter(({ code }) => code === 'NOT_CHECKED')
  await expect(sectionOf('a user’s token', unread)).toMatchFileSnapshot('tenant-of-user.txt')
})

it('The doctor says that security defaults exempt agents', async () => {
  withPolicy(atRisk)(namedObjects(tenant))
  tenant.entra.settings.change({ securityDefaults: true })
  onTestFinished(() => tenant.entra.settings.change({ securityDefaults: false }))
  expect(await look()).toContainEqual(
    expect.objectContaining({ code: 'AGENT_POLICIES_WITHOUT_EFFECT', status: 'WARN' }),
  )
})

describe('An authentication context that users have to prove', () => {
  it('is found with Graph’s beta if v1.0 does not return the contexts of policies', async () => {
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const response = await globalFetch(url, init)
      if (!url.includes('/v1.0/identity/conditionalAccess/policies')) return response
      const { value } = (await response.json()) as { value: ConditionalAccessPolicy[] }
      return Response.json({ value: value.map(one => ({ ...one, conditions: { applications: {} } })) })
    })
    onTestFinished(() => void vi.unstubAllGlobals())
    withContext('c1')(namedObjects(tenant))
    expect(await look(demandsContext)).toContainEqual(
      expect.objectContaining({ check: 'authentication context c1', status: 'PASS' }),
    )
  })

  it('is also checked if only an MCP server demands it', async () => {
    const MCP_CONFIG = join(tenant.workplace.folder, 'mcp.json')
    const contexts = async (text: string) => {
      writeFileSync(MCP_CONFIG, text)
      const findings = await look({ env: { MCP_CONFIG } })
      return findings.map(({ check }) => check).filter(check => check.startsWith('authentication context'))
    }
    const notes = { authenticationContexts: ['c7'] }
    expect(await contexts(JSON.stringify({ mcpServers: { notes } }))).toEqual(['authentication context c7'])
    expect(await contexts('no JSON')).toEqual([])
  })
})
