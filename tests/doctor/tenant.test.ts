import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { reviewPermissions } from '@entra-bedrock-agent/identity-trace'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { ConditionalAccessPolicy } from '../../emulators/entra/src/directory/objects.ts'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { examine } from '../../scripts/doctor/finding.ts'
import { writeReport } from '../../scripts/doctor/report.ts'
import { readChecks } from '../../scripts/doctor/tenant.ts'
import { permissions } from '../../scripts/entra/objects/kinds.ts'
import { newWorkplace, useSetUp } from '../entra-cli/support/tenant.ts'

const globalFetch = fetch
const cluster = '--cluster-issuer https://i.example --service-account a:b'
const tenant = useSetUp(`apply ${cluster} --agent weather:autonomous+agent-user --agent trainee:none`, [
  ...permissions,
  ...reviewPermissions,
  'Policy.Read.All',
])

const env = () => ({ GRAPH_URL: tenant.url, TENANT_ID: tenantId })
const look = async (receipt = tenant.workplace.receiptPath, more: Readonly<Record<string, string>> = {}) =>
  examine(await readChecks({ env: { ...env(), ...more }, receipt, tokenFile: tenant.workplace.tokenPath }))

type Change = (tenant: ReturnType<typeof tenantNow>) => unknown
function tenantNow() {
  const content = tenant.content()
  const blueprint = content.applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
  const principal = content.servicePrincipals.find(({ kind }) => kind === 'agentIdentityBlueprintPrincipal')
  const api = content.applications.find(({ displayName }) => displayName === 'Weather API')
  const apiPrincipal = content.servicePrincipals.find(({ displayName }) => displayName === 'Weather API')
  const user = content.users.find(({ identityParentId }) => identityParentId !== undefined)
  const grant = content.permissionGrants.find(({ consentType }) => consentType === 'Principal')
  const weather = content.servicePrincipals.find(({ displayName }) => displayName === 'weather')
  if (!blueprint || !principal || !api || !apiPrincipal || !user || !grant || !weather)
    throw new Error('The set-up is not whole.')
  return { content, blueprint, principal, api, apiPrincipal, user, grant, weather }
}

it('The doctor finds the tenant as the set-up made it, each agent with its rights', async () => {
  const findings = await look()
  expect(findings.map(({ check, status }) => [check, status])).toEqual([
    ['Entra set-up', 'PASS'],
    ['secret of the blueprint', 'PASS'],
    ['access to the blueprint', 'PASS'],
    ['rights of agent identity "weather"', 'PASS'],
    ['rights of agent identity "trainee"', 'PASS'],
  ])
})

it('The doctor’s report shows the control characters of a name in the directory as escapes', async () => {
  const { content, weather } = tenantNow()
  const displayName = 'x\u001b[2K\nPASS  all\u202e'
  content.groups.push({ id: 'odd', kind: 'group', displayName, members: [weather.id] })
  const report = writeReport(await look())
  expect(report).toContain('group or role "x\\u001b[2K\\u000aPASS  all\\u202e"')
  expect(report).not.toMatch(/[^\P{C}\n]/u)
})

const aSecret = {
  keyId: 'added',
  displayName: 'more',
  startDateTime: '2026-11-01T00:00:00Z',
  endDateTime: '2030-01-01T00:00:00Z',
  secretText: 'text',
}

// biome-ignore format: table
const failures: [what: string, change: Change, expected: readonly string[], words: string][] = [
  ['a secret beside the federated credential', ({ blueprint }) => blueprint.passwordCredentials.push(aSecret), ['secret of the blueprint: WARN SECRET_STORED', 'access to the blueprint: FAIL ENTRA_ACCESS_ADDED'], 'client secret "more"'],
  ['a foreign federated credential', ({ blueprint }) => blueprint.federatedIdentityCredentials.push({ id: 'added', name: 'more', issuer: 'https://evil.example', subject: 'else', audiences: ['x'] }), ['access to the blueprint: FAIL ENTRA_ACCESS_ADDED'], 'federated credential for else of https://evil.example'],
  [
    'a right that an agent without rights of its own inherits',
    ({ content, blueprint, principal, api, apiPrincipal }) => {
      content.appRoleAssignments.push({ id: 'added', principalId: principal.id, resourceId: apiPrincipal.id, appRoleId: api.appRoles[0]?.id ?? '', createdDateTime: '2026-11-01T00:00:00Z' })
      blueprint.inheritablePermissions.push({ resourceAppId: api.appId, inheritableRoles: { kind: 'allAllowed' } })
    },
    ['access to the blueprint: FAIL ENTRA_ACCESS_ADDED', 'rights of agent identity "weather": FAIL ENTRA_ACCESS_ADDED', 'rights of agent identity "trainee": FAIL ENTRA_ACCESS_ADDED'],
    'Nobody asked for this of agent identity "trainee": app role Weather.Read.All of "Weather API", inherited from the blueprint.',
  ],
  ['an agent’s user account that somebody switched off', ({ user }) => Object.assign(user, { accountEnabled: false }), ['Entra set-up: FAIL ENTRA_SET_UP_DIFFERS'], 'user account of agent identity "weather"'],
  ['an agent’s user account that is gone', ({ user }) => tenant.entra.directory.removeUser(user), ['Entra set-up: FAIL ENTRA_SET_UP_DIFFERS'], 'user account of agent identity "weather"; consent for its user account'],
  ['a consent with a blank before its scope', ({ grant }) => Object.assign(grant, { scope: ' Weather.Read' }), ['Entra set-up: FAIL ENTRA_SET_UP_DIFFERS', 'rights of agent identity "weather": FAIL ENTRA_ACCESS_ADDED'], 'consent for its user account'],
  ['an agent without a sponsor', ({ weather }) => weather.sponsors.splice(0), ['Entra set-up: FAIL ENTRA_SET_UP_DIFFERS', 'rights of agent identity "weather": FAIL SPONSOR_MISSING'], 'there is no sponsor'],
]
it.each(failures)('The doctor reports %s', async (_what, change, expected, words) => {
  change(tenantNow())
  const findings = await look()
  const wrong = findings.filter(({ status }) => status !== 'PASS')
  expect(wrong.map(({ check, status, code }) => `${check}: ${status} ${code}`)).toEqual(expected)
  expect(wrong.map(({ detail }) => detail).join('\n')).toContain(words)
})

it('The doctor reports a missing receipt, and names what Graph does not show', async () => {
  const [known] = await look(`${tenant.workplace.receiptPath}.none`)
  expect(known).toMatchObject({ code: 'NOT_CHECKED', detail: expect.stringContaining('There is no receipt') })
  const asUser = newWorkplace(tenant)
  const tokenFile = asUser.tokenPath
  const findings = await examine(
    await readChecks({ env: env(), receipt: tenant.workplace.receiptPath, tokenFile }),
  )
  asUser[Symbol.dispose]()
  expect(findings.at(-1)).toMatchObject({ status: 'WARN', code: 'NOT_CHECKED' })
  expect(findings.at(-1)?.detail).toContain('sponsors of agent identity "trainee"')
})

describe('An authentication context that users have to prove', () => {
  const confirm: ConditionalAccessPolicy = {
    id: 'policy-1',
    displayName: 'Confirm changes',
    state: 'enabled',
    conditions: {
      clientAppTypes: ['all'],
      users: { includeUsers: ['All'], excludeUsers: [] },
      applications: { includeAuthenticationContextClassReferences: ['c1'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  }
  const judge = async (...policies: readonly ConditionalAccessPolicy[]) => {
    tenant.content().conditionalAccessPolicies = [...policies]
    const findings = await look(undefined, { ALERTS_AUTH_CONTEXT: 'c1' })
    return findings.find(({ check }) => check === 'authentication context c1')
  }

  it('is in order if an enabled policy names it', async () => {
    expect(await judge(confirm)).toMatchObject({
      status: 'PASS',
      detail: expect.stringContaining('“Confirm changes” names c1'),
    })
  })

  it.each<[string, readonly ConditionalAccessPolicy[], string]>([
    ['there is no policy', [], 'No enabled policy names c1'],
    ['its policy is off', [{ ...confirm, state: 'disabled' }], '“Confirm changes” is disabled'],
    [
      'its policy only reports',
      [{ ...confirm, state: 'enabledForReportingButNotEnforced' }],
      '“Confirm changes” is enabledForReportingButNotEnforced',
    ],
    [
      'a policy names another one',
      [
        {
          ...confirm,
          conditions: {
            ...confirm.conditions,
            applications: { includeAuthenticationContextClassReferences: ['c10'] },
          },
        },
      ],
      'No enabled policy names c1',
    ],
  ])('proves nothing if %s, and the doctor says so', async (_what, policies, words) => {
    expect(await judge(...policies)).toMatchObject({
      status: 'FAIL',
      code: 'CONTEXT_WITHOUT_POLICY',
      detail: expect.stringContaining(words),
    })
  })

  it('is not checked with a token that may not read policies', async () => {
    tenant.workplace.useToken(tenant.token)
    expect(await judge(confirm)).toMatchObject({
      status: 'WARN',
      code: 'NOT_CHECKED',
      hint: expect.stringContaining('Policy.Read.All'),
    })
  })

  it('is found with Graph’s beta if v1.0 does not return the contexts of policies', async () => {
    vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
      const response = await globalFetch(url, init)
      if (!url.includes('/v1.0/identity/conditionalAccess/policies')) return response
      const { value } = (await response.json()) as { value: ConditionalAccessPolicy[] }
      return Response.json({ value: value.map(one => ({ ...one, conditions: { applications: {} } })) })
    })
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(await judge(confirm)).toMatchObject({ status: 'PASS' })
  })

  it('is also checked if only an MCP server demands it', async () => {
    const file = join(tenant.workplace.folder, 'mcp.json')
    writeFileSync(file, JSON.stringify({ mcpServers: { notes: { authenticationContexts: ['c7'] } } }))
    const findings = await look(undefined, { MCP_CONFIG: file })
    expect(findings.find(({ check }) => check === 'authentication context c7')).toMatchObject({
      code: 'CONTEXT_WITHOUT_POLICY',
    })
    writeFileSync(file, 'no JSON')
    expect((await look(undefined, { MCP_CONFIG: file })).map(({ check }) => check).join()).not.toContain('c7')
  })

  it('is not checked if no context is configured', async () => {
    expect((await look()).map(({ check }) => check).join()).not.toContain('context')
  })
})
