import { expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import { portray } from './support/portrait.ts'
import { type Scenes, useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, idOf, quietly, remember, expectRemembered, expectScenes } = tenant

const allUsers = '--alerts all-users --unattended-alerts weather-agent'
const eachUser = '--alerts each-user'
const redirectUris = ['http://localhost:3001', 'https://agent.example']
  .map(origin => `--redirect-uri ${origin}/auth/redirect.html`)
  .join(' ')

const application = (key: string) => content().applications.find(({ id }) => id === idOf(key))

/** What the agent may do at the weather API, and which rights the API has. */
function showRights(): string {
  const [agent, api] = [idOf('agent/weather-agent'), application('weather-api')]
  const roles = content().appRoleAssignments.filter(({ principalId }) => principalId === agent)
  const grants = content().permissionGrants.filter(({ clientId }) => clientId === agent)
  const states = [...(api?.api.oauth2PermissionScopes ?? []), ...(api?.appRoles ?? [])]
  return [
    ...roles.map(({ appRoleId }) => api?.appRoles.find(({ id }) => id === appRoleId)?.value),
    ...grants.map(({ consentType, scope }) => `${consentType}: ${scope}`),
    ...states.map(({ value, isEnabled }) => `the API’s ${value}: ${isEnabled ? 'enabled' : 'disabled'}`),
  ].join('\n')
}
const showConsentUris = () =>
  `consent URIs: ${application('blueprint')?.web.redirectUris}, in .env: ${tenant.workplace.variables['CONSENT_REDIRECT_URI']}`

const addConsent = (consentType: 'AllPrincipals' | 'Principal', scope: string) => () =>
  void content().permissionGrants.push({
    id: `grant of ${consentType} to ${scope}`,
    clientId: idOf('agent/weather-agent'),
    consentType,
    principalId: consentType === 'Principal' ? seedIds.ben : null,
    resourceId: idOf('weather-api-principal'),
    scope,
  })
// biome-ignore format: table
const rights: Scenes = [
  ['is given for all users, and to an agent itself if requested; the next apply writes nothing', `apply ${allUsers}`, 'apply', 'status', showRights],
  ['is shown by plan as an addition to an earlier set-up, and added by apply', quietly('apply'), `plan ${allUsers}`, `apply ${allUsers}`, 'status'],
  ['is consented to by each user, which is nothing extra', quietly(`apply ${eachUser}`), showRights, addConsent('Principal', 'Alerts.ReadWrite'), quietly('status')],
  ['is reported as extra if a user’s consent has other permissions too', quietly(`apply ${eachUser}`), addConsent('Principal', 'Weather.Read Alerts.ReadWrite Mail.Read'), 'status'],
  ['is reported as extra if a user consented to it and the set-up has no alerts', quietly('apply'), addConsent('Principal', 'Alerts.ReadWrite'), 'status'],
  ['is taken from everybody by --alerts none, which disables scope and role, and can be given again', quietly(`apply ${allUsers}`), 'apply --alerts none', 'status', showRights, quietly(`apply ${allUsers}`), showRights],
  ['stays with an agent itself until --alerts is given without --unattended-alerts for that agent', quietly(`apply ${allUsers}`, 'apply --redirect-uri https://agent.example/auth/redirect.html'), showRights, quietly(`apply ${eachUser}`), showRights],
  ['is not created by --alerts none', quietly('apply --alerts none'), showRights, () => expect(tenant.workplace.receipt.settings).not.toHaveProperty('alerts')],
  ['is deleted with everything else', remember, quietly(`apply ${allUsers}`, 'destroy --yes'), expectRemembered, () => expect(tenant.workplace.variables['CONSENT_REDIRECT_URI']).toBe('')],
  ['cannot be planned with wrong options, and a sentence says why', 'plan --alerts some', 'plan --unattended-alerts weather-agent', `plan ${eachUser} --unattended-alerts nobody`],
  ['brings users back from consenting to a page next to the sign-in page', quietly(`apply ${eachUser} ${redirectUris}`), showConsentUris],
  ['is not needed for such a page, since MCP servers ask for consent too', quietly('apply --consent-uri https://agent.example/auth/consent.html'), showConsentUris, quietly('status')],
]

it('the right to keep alerts is planned, given, told and taken away', () => expectScenes('alerts', rights))

it('the right to keep alerts is made property by property as Entra documents it', async () => {
  await quietly(`apply ${allUsers}`)()
  const applications = [application('blueprint'), application('weather-api')].flatMap(one => one ?? [])
  await expect(portray(content(), { applications })).toMatchFileSnapshot('golden/alerts-make.txt')
})
