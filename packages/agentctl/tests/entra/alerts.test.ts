import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/directory/seed.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, idOf, run, writes, expectShown } = tenant

const allUsers = '--alerts all-users --unattended-alerts weather-agent'
const eachUser = '--alerts each-user'
const consentUri = 'http://localhost:3001/auth/consent.html'

const application = (key: string) => content().applications.find(({ id }) => id === idOf(key))

/** What the agent may do at the weather API. */
function rights() {
  const [agent, api] = [idOf('agent/weather-agent'), application('weather-api')]
  const roles = content().appRoleAssignments.filter(({ principalId }) => principalId === agent)
  const grants = content().permissionGrants.filter(({ clientId }) => clientId === agent)
  return [
    ...roles.map(({ appRoleId }) => api?.appRoles.find(({ id }) => id === appRoleId)?.value),
    ...grants.map(({ consentType, scope }) => `${consentType}: ${scope}`),
  ]
}
const readingRights = ['Weather.Read.All', 'AllPrincipals: Weather.Read']

const addConsent = (consentType: 'AllPrincipals' | 'Principal', scope: string) =>
  content().permissionGrants.push({
    id: `grant of ${consentType}`,
    clientId: idOf('agent/weather-agent'),
    consentType,
    principalId: consentType === 'Principal' ? seedIds.ben : null,
    resourceId: idOf('weather-api-principal'),
    scope,
  })

describe('The right to keep alerts', () => {
  it('is given for all users, and to an agent itself if requested; the next apply writes nothing', async () => {
    await expectShown('alerts-for-all-users', `apply ${allUsers}`, 'apply', 'status')
    expect(rights()).toEqual([
      ...['Weather.Read.All', 'Alerts.ReadWrite.All'],
      'AllPrincipals: Weather.Read Alerts.ReadWrite',
    ])
    const applications = [application('blueprint'), application('weather-api')].flatMap(one => one ?? [])
    await expect(portray(content(), { applications })).toMatchFileSnapshot('golden/alerts-make.txt')
  })

  it('is shown by plan as an addition to an earlier set-up, and added by apply', async () => {
    await run('apply')
    await expectShown('alerts-added', `plan ${allUsers}`, `apply ${allUsers}`, 'status')
  })

  it('is consented to by each user; status reports a user’s consent as extra only if the consent has other permissions too', async () => {
    await run(`apply ${eachUser}`)
    expect(rights()).toEqual(readingRights)
    addConsent('Principal', 'Alerts.ReadWrite')
    expect((await run('status')).code).toBe(0)
    addConsent('Principal', 'Weather.Read Alerts.ReadWrite Mail.Read')
    await expectShown('alerts-consented-with-more', 'status')
  })

  it('is reported as extra by status if a user consented to it and the set-up has no alerts', async () => {
    await run('apply')
    addConsent('Principal', 'Alerts.ReadWrite')
    expect((await run('status')).output).toContain('consent of one user to Alerts.ReadWrite')
  })

  it('is taken from everybody by --alerts none, which disables scope and role, and can be given again', async () => {
    await run(`apply ${allUsers}`)
    await expectShown('alerts-none', 'apply --alerts none', 'status')
    expect(rights()).toEqual(readingRights)
    expect(application('weather-api')).toMatchObject({
      api: { oauth2PermissionScopes: [{ isEnabled: true }, { isEnabled: false }] },
      appRoles: [{ isEnabled: true }, { isEnabled: false }],
    })
    await run(`apply ${allUsers}`)
    expect(rights()).toHaveLength(3)
  })

  it('stays with an agent itself until --alerts is given without --unattended-alerts for that agent', async () => {
    await run(`apply ${allUsers}`)
    await run('apply --redirect-uri https://agent.example/auth/redirect.html')
    expect(rights()).toHaveLength(3)
    await run(`apply ${eachUser}`)
    expect(rights()).toEqual(readingRights)
  })

  it('is not created by --alerts none', async () => {
    await run('apply --alerts none')
    expect(application('weather-api')?.appRoles).toHaveLength(1)
    expect(tenant.workplace.receipt.settings).not.toHaveProperty('alerts')
  })

  it('is deleted with everything else', async () => {
    const before = portray(content())
    await run(`apply ${allUsers}`)
    expect((await run('destroy --yes')).code).toBe(0)
    expect(portray(content())).toBe(before)
    expect(tenant.workplace.variables['CONSENT_REDIRECT_URI']).toBe('')
  })

  it.each([allUsers, eachUser])('is in the receipt that `status --adopt` writes anew: %s', async options => {
    await run(`apply ${options}`)
    const { setUpId, settings } = tenant.workplace.receipt
    rmSync(tenant.workplace.receiptPath)
    await run(`status --yes --adopt ${setUpId}`)
    const adopted = tenant.workplace.receipt.settings
    expect([adopted.alerts, adopted.unattendedAlerts]).toEqual([settings.alerts, settings.unattendedAlerts])
    tenant.entra.requests.clear()
    await run('apply')
    expect(writes()).toEqual([])
  })

  it('cannot be planned with wrong options, and a sentence says why', () =>
    expectShown(
      'alerts-refused',
      'plan --alerts some',
      'plan --unattended-alerts weather-agent',
      `plan ${eachUser} --unattended-alerts nobody`,
    ))
})

describe('The page that users come back to after consenting', () => {
  it('is next to the sign-in page, and is in Entra a redirect URI of the blueprint', async () => {
    const uri = (origin: string) => `--redirect-uri ${origin}/auth/redirect.html`
    await run(`apply ${eachUser} ${uri('http://localhost:3001')} ${uri('https://agent.example')}`)
    const own = [consentUri, 'https://agent.example/auth/consent.html']
    expect(application('blueprint')?.web.redirectUris).toEqual(own)
    expect(tenant.workplace.variables['CONSENT_REDIRECT_URI']).toBe(consentUri)
  })

  it('can be named by --consent-uri, even without alerts, since MCP servers ask for consent too', async () => {
    await run('apply --consent-uri https://agent.example/auth/consent.html')
    expect(application('blueprint')?.web.redirectUris).toEqual(['https://agent.example/auth/consent.html'])
    expect((await run('status')).code).toBe(0)
  })
})
