import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seedIds } from '../../emulators/entra/src/directory/seed.ts'
import { tenantId } from '../../emulators/entra/src/testing/start-entra.ts'
import { portray } from './support/portrait.ts'
import { useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, idOf, run, writes } = tenant

const allUsers = '--alerts all-users --unattended-alerts weather-agent'
const eachUser = '--alerts each-user'
const consentUri = 'http://localhost:3001/auth/consent.html'

const application = (key: string) => content().applications.find(({ id }) => id === idOf(key))
const claimsOf = (key: string) => application(key)?.optionalClaims?.accessToken.map(({ name }) => name)

/** What the agent may do at the weather API. */
function rights() {
  const [agent, api] = [idOf('agent/weather-agent'), application('weather-api')]
  const roles = content().appRoleAssignments.filter(({ principalId }) => principalId === agent)
  return {
    roles: roles.map(({ appRoleId }) => api?.appRoles.find(({ id }) => id === appRoleId)?.value),
    scopes: content()
      .permissionGrants.filter(({ clientId }) => clientId === agent)
      .map(({ consentType, scope }) => `${consentType}: ${scope}`),
  }
}

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
  it('is no part of a set-up unless requested', async () => {
    await run('apply')
    expect(application('weather-api')?.api.oauth2PermissionScopes.map(({ value }) => value)).toEqual([
      'Weather.Read',
    ])
    expect(claimsOf('blueprint')).not.toContain('acrs')
    expect(application('blueprint')?.web.redirectUris).toEqual([])
    expect(tenant.workplace.variables['CONSENT_REDIRECT_URI']).toBe('')
  })

  it('is given for all users, and to an agent itself if requested', async () => {
    expect(await run(`apply ${allUsers}`)).toMatchObject({ code: 0 })
    expect(application('weather-api')).toMatchObject({
      api: { oauth2PermissionScopes: [{}, { value: 'Alerts.ReadWrite', type: 'User', isEnabled: true }] },
      appRoles: [{}, { value: 'Alerts.ReadWrite.All', allowedMemberTypes: ['Application'], isEnabled: true }],
    })
    expect(rights()).toEqual({
      roles: ['Weather.Read.All', 'Alerts.ReadWrite.All'],
      scopes: ['AllPrincipals: Weather.Read Alerts.ReadWrite'],
    })
    tenant.entra.requests.clear()
    expect((await run(`apply ${allUsers}`)).code).toBe(0)
    expect((await run('apply')).code).toBe(0)
    expect(writes()).toEqual([])
    expect((await run('status')).code).toBe(0)
  })

  it('is shown by plan as an addition to an earlier set-up, and added by apply', async () => {
    await run('apply')
    const written = writes().length
    const { output } = await run(`plan ${allUsers}`)
    expect(output).toContain('api.oauth2PermissionScopes[Alerts.ReadWrite] is "missing", wanted "present"')
    expect(output).toContain('appRoles[Alerts.ReadWrite.All] is "missing", wanted "present"')
    expect(output).toContain('optionalClaims.accessToken[acrs] is "missing", wanted "present"')
    expect(output).toContain(`web.redirectUris is [], wanted ["${consentUri}"]`)
    expect(output).toContain('scope is "Weather.Read", wanted "Weather.Read Alerts.ReadWrite"')
    expect(output).toContain('1 to create, 3 to correct, 8 to keep. Nothing was changed.')
    expect(writes()).toHaveLength(written)
    expect((await run(`apply ${allUsers}`)).code).toBe(0)
    expect((await run('status')).code).toBe(0)
  })

  it('makes Entra put the proven authentication contexts (acrs) into tokens for the blueprint and for the API', async () => {
    await run(`apply ${eachUser}`)
    for (const key of ['blueprint', 'weather-api']) expect(claimsOf(key)?.at(-1)).toBe('acrs')
  })

  it('is consented to by each user; status reports a user’s consent as extra only if the consent has other permissions too', async () => {
    expect((await run(`apply ${eachUser}`)).code).toBe(0)
    expect(rights()).toEqual({ roles: ['Weather.Read.All'], scopes: ['AllPrincipals: Weather.Read'] })
    addConsent('Principal', 'Alerts.ReadWrite')
    expect((await run('status')).code).toBe(0)
    addConsent('Principal', 'Weather.Read Alerts.ReadWrite Mail.Read')
    const { code, output } = await run('status')
    expect(output).toContain('consent of one user to Weather.Read Alerts.ReadWrite Mail.Read')
    expect(code).toBe(3)
  })

  it('is reported as extra by status if a user consented to it and the set-up has no alerts', async () => {
    await run('apply')
    addConsent('Principal', 'Alerts.ReadWrite')
    expect((await run('status')).output).toContain('consent of one user to Alerts.ReadWrite')
  })

  it('is taken from everybody by --alerts none, which disables scope and role', async () => {
    await run(`apply ${allUsers}`)
    expect((await run('apply --alerts none')).code).toBe(0)
    expect(rights()).toEqual({ roles: ['Weather.Read.All'], scopes: ['AllPrincipals: Weather.Read'] })
    expect(application('weather-api')).toMatchObject({
      api: { oauth2PermissionScopes: [{ isEnabled: true }, { isEnabled: false }] },
      appRoles: [{ isEnabled: true }, { isEnabled: false }],
    })
    expect((await run('status')).code).toBe(0)
    expect((await run(`apply ${allUsers}`)).code).toBe(0)
    expect(rights().roles).toHaveLength(2)
  })

  it('stays with an agent itself until --alerts is given without --unattended-alerts for that agent', async () => {
    await run(`apply ${allUsers}`)
    await run('apply --redirect-uri https://agent.example/auth/redirect.html')
    expect(rights().roles).toHaveLength(2)
    await run(`apply ${eachUser}`)
    expect(rights().roles).toEqual(['Weather.Read.All'])
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

  it.each([
    ['for all users', allUsers],
    ['for each user', eachUser],
  ])('is in the receipt that `status --adopt` writes anew: alerts %s', async (_who, options) => {
    await run(`apply ${options}`)
    const { setUpId, settings } = tenant.workplace.receipt
    rmSync(tenant.workplace.receiptPath)
    expect((await run('status --yes --adopt', setUpId)).code).toBe(0)
    const adopted = tenant.workplace.receipt.settings
    expect([adopted.alerts, adopted.unattendedAlerts]).toEqual([settings.alerts, settings.unattendedAlerts])
    tenant.entra.requests.clear()
    await run('apply')
    expect(writes()).toEqual([])
  })

  it.each([
    ['--alerts some', "option '--alerts <way>' argument 'some' is invalid."],
    ['--unattended-alerts weather-agent', '--unattended-alerts goes with --alerts all-users or each-user.'],
    [`${eachUser} --unattended-alerts nobody`, '--unattended-alerts nobody: there is none of that name.'],
  ])('cannot be planned with the wrong options %s, and a sentence says why', async (options, words) => {
    expect(await run(`plan ${options}`)).toMatchObject({ code: 2, said: expect.stringContaining(words) })
  })
})

describe('The page that users come back to after consenting', () => {
  const askForConsent = async (redirectUri: string) => {
    const query = new URLSearchParams({
      client_id: idOf('agent/weather-agent'),
      response_type: 'none',
      response_mode: 'query',
      redirect_uri: redirectUri,
      scope: `api://${tenant.workplace.receipt.objects['weather-api']?.appId}/Alerts.ReadWrite`,
      state: 'state-1',
      prompt: 'none',
    })
    const url = `${tenant.url}/${tenantId}/oauth2/v2.0/authorize?${query}`
    return (await fetch(url, { redirect: 'manual' })).headers.get('location')
  }

  it('is next to the sign-in page, and is in Entra a redirect URI of the blueprint', async () => {
    const uri = (origin: string) => `--redirect-uri ${origin}/auth/redirect.html`
    await run(`apply ${eachUser} ${uri('http://localhost:3001')} ${uri('https://agent.example')}`)
    const own = [consentUri, 'https://agent.example/auth/consent.html']
    expect(application('blueprint')?.web.redirectUris).toEqual(own)
    expect(tenant.workplace.variables['CONSENT_REDIRECT_URI']).toBe(consentUri)
    for (const uri of own) expect(await askForConsent(uri)).toMatch(`${uri}?error=login_required`)
    expect(await askForConsent('https://elsewhere.example')).toBeNull()
  })

  it('can be named by --consent-uri, even without alerts, since MCP servers ask for consent too', async () => {
    await run('apply --consent-uri https://agent.example/auth/consent.html')
    expect(application('blueprint')?.web.redirectUris).toEqual(['https://agent.example/auth/consent.html'])
    expect((await run('status')).code).toBe(0)
  })
})
