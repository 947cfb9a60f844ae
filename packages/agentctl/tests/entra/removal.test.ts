import { it } from 'vitest'
import { type Scenes, useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, quietly, remember, expectRemembered, expectScenes } = tenant

const cluster = (name: string) => `--cluster-issuer https://${name}.example --service-account a:b`
const agents = '--agent first --agent second'
const nothing = [
  '--remove-agent firts',
  '--remove-agent First',
  '--remove-cluster https://two.example/',
  '--remove-agent first --remove-agent second',
]

/** The agents and credentials that are there, and what receipt and `.env` have of them. */
function showRest(): string {
  const { applications, servicePrincipals } = content()
  const blueprint = applications.find(({ kind }) => kind === 'agentIdentityBlueprint')
  const left = {
    agents: servicePrincipals.filter(({ kind }) => kind === 'agentIdentity').map(one => one.displayName),
    clusters: blueprint?.federatedIdentityCredentials.map(({ issuer }) => issuer),
    secrets: blueprint?.passwordCredentials.length,
    receipt: Object.keys(tenant.workplace.receipt.objects).filter(key => /agent\/|secret/.test(key)),
    AGENT_CLIENT_ID: tenant.workplace.variables['AGENT_CLIENT_ID'],
    WEATHER_ALLOWED_CALLERS: tenant.workplace.variables['WEATHER_ALLOWED_CALLERS'],
    BLUEPRINT_CLIENT_SECRET: tenant.workplace.variables['BLUEPRINT_CLIENT_SECRET'],
  }
  return JSON.stringify(left, undefined, 1)
}

// biome-ignore format: table
const scenes: Scenes = [
  ['an agent, what the agent was given, and its id in .env', `apply ${agents}`, 'plan --remove-agent first', 'apply --remove-agent first', 'status', showRest],
  ['the credentials of a cluster, and leaves those of other clusters', quietly(`apply ${cluster('one')}`, `apply ${cluster('two')}`, 'apply --remove-cluster https://one.example'), showRest],
  ['the client secret, from .env as well', quietly('apply --client-secret'), 'apply --no-client-secret', 'status', showRest],
  ['nothing, and says what there is, if there is none of that name, or if no agent would be left', quietly(`apply ${agents} ${cluster('two')}`), remember, ...nothing.flatMap(one => [`plan ${one}`, `apply ${one}`]), expectRemembered],
]

it('apply takes away what --remove… names', () => expectScenes('removal', scenes))
