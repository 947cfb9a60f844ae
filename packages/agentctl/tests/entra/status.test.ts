import { expect, it } from 'vitest'
import { seedIds } from '../../../../emulators/entra/src/testing/seed-ids.ts'
import { type Scenes, useSetUp } from './support/tenant.ts'

const tenant = useSetUp('apply --agent weather-agent --agent second')
const { content, idOf, run, quietly, signInWithout, expectScenes } = tenant

const agent = (name = 'weather-agent') => {
  const found = content().servicePrincipals.find(({ id }) => id === idOf(`agent/${name}`))
  if (!found) throw new Error(`There is no agent ${name}.`)
  return found
}
/** Ada consents to a scope that is granted for all users, and to sign-in scopes. */
function consentAsAda(): void {
  const ofAda = { consentType: 'Principal', principalId: seedIds.ada, clientId: agent().id } as const
  const grant = content().permissionGrants.find(({ clientId }) => clientId === agent().id)
  content().permissionGrants.push(
    { ...ofAda, id: 'a', resourceId: grant?.resourceId ?? '', scope: 'Weather.Read' },
    { ...ofAda, id: 'b', resourceId: seedIds.graphPrincipal, scope: 'openid profile' },
  )
}
function switchPrincipalsOff(): void {
  const recorded = Object.values(tenant.workplace.receipt.objects).map(({ id }) => id)
  for (const one of content().servicePrincipals) if (recorded.includes(one.id)) one.accountEnabled = false
}
const takeSponsorsAway = () => {
  agent().sponsors = []
}
const switchSecondOn = () => {
  agent('second').accountEnabled = true
}
const showEnabled = () => `enabled: ${[agent(), agent('second')].map(one => one.accountEnabled)}`
function changeBlueprint(): void {
  const blueprint = content().applications.find(({ id }) => id === idOf('blueprint'))
  const more = { id: 'added', name: 'more', issuer: 'https://i.example', subject: 'else', audiences: ['x'] }
  Object.assign(blueprint ?? {}, { displayName: 'Renamed', federatedIdentityCredentials: [more] })
}

// biome-ignore format: table
const scenes: Scenes = [
  ['marks what Graph leaves out as “not evaluated”, never as clean', signInWithout(/^RoleManagement\.Read\.Directory$/), 'status'],
  ['does not know whether an agent’s sponsor was taken away, since that is hidden from users, and neither do plan and apply', takeSponsorsAway, 'status', 'plan', 'apply'],
  ['takes one user’s consent to a scope that is granted for all users, or to sign-in scopes only, for nothing extra', consentAsAda, quietly('status')],
  ['reports principals that somebody switched off, which only `enable` switches on again', switchPrincipalsOff, 'status', 'apply', 'enable', 'status'],
  ['expects the agents that `disable` switched off to be off, and notices when somebody switches one on', 'disable --agent second', 'disable --agent third', 'status', showEnabled, switchSecondOn, 'status'],
]

it('status tells how the tenant differs from the receipt', () => expectScenes('status', scenes))

// biome-ignore format: table
const asJson: Scenes = [
  ['plan lists each object with what apply would do to it', 'plan --agent weather-agent --agent third --json'],
  ['status lists what differs property by property, and what nobody asked for', changeBlueprint, 'status --json'],
  ['destroy lists what would be deleted and what goes along, and deletes nothing', 'destroy --dry-run --json', 'destroy --json'],
]

it('--json lists the same as JSON', () => expectScenes('json', asJson))

it('a failure leaves the standard output empty with --json', async () => {
  expect(await run('status --json --receipt nowhere')).toMatchObject({ code: 2, output: '' })
})
