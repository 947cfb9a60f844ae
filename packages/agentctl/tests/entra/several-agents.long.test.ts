import { readFileSync, writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { describeAgents } from '../../src/agents.ts'
import type { GraphCall } from './support/faulty-graph.ts'
import { type Scenes, useTenant } from './support/tenant.ts'

const tenant = useTenant()
const { content, idOf, quietly, treat, signInWithout, remember, expectRemembered, expectScenes } = tenant

const names = ['weather', 'alerts', 'trainee']
const agents = '--agent weather:autonomous+obo+agent-user --agent alerts:obo --agent trainee:none'
const agentUsers = () => content().users.filter(({ identityParentId }) => identityParentId !== undefined)
/** The part of a made address that differs in each set-up. */
const madePart = /-[0-9a-f]{8}(?=@)/

/** What agents may do at the weather API, and their user accounts. */
function showRights(): string {
  const api = idOf('weather-api-principal')
  const lines = names.map(name => {
    const isTheirs = (one: { readonly resourceId: string }, client: string) =>
      one.resourceId === api && client === idOf(`agent/${name}`)
    const { appRoleAssignments, permissionGrants } = content()
    const roles = appRoleAssignments.filter(one => isTheirs(one, one.principalId)).map(() => 'app role')
    const consents = permissionGrants
      .filter(one => isTheirs(one, one.clientId))
      .map(one => `${one.consentType} ${one.scope} ${one.principalId}`)
    return `${name}: ${[...roles, ...consents].join(', ')}`
  })
  const users = agentUsers().map(one => {
    const { displayName, identityParentId, accountEnabled, userPrincipalName } = one
    const account = `${displayName} of ${identityParentId}, enabled: ${accountEnabled}`
    return `user ${one.id}: ${account}, ${userPrincipalName.replace(madePart, '-‹made›')}`
  })
  return [...lines, ...users].join('\n')
}

const showVariables = () =>
  ['AGENT_CLIENT_ID', 'AGENTS_CONFIG', 'AGENT_USERS']
    .map(name => `${name}=${tenant.workplace.variables[name]}`)
    .join('\n')
const agentsPath = () => tenant.workplace.agentsPath
const showAgentsFile = () => readFileSync(agentsPath(), 'utf8')
const writeAgents = (content: unknown) => () => writeFileSync(agentsPath(), JSON.stringify(content))
const writeDescribed = () => {
  const print = (text: string) => writeFileSync(agentsPath(), text)
  describeAgents({ api: ['notes:Notes.Read:Notes.Write'] }, { print, say: () => undefined })
}
const mine = { title: 'Wetter', description: 'Sagt es.', requireSignIn: true }
const switchUsersOff = () => {
  for (const user of agentUsers()) user.accountEnabled = false
}
const showSwitched = () => {
  const agentsNow = names.map(name => tenant.entra.directory.principalById(idOf(`agent/${name}`)))
  return `enabled: ${[...agentsNow, ...agentUsers()].map(one => one?.accountEnabled)}`
}
const signInWithoutUsers = signInWithout(/^AgentIdUser\./)
const showDomain = () => `domain: ${tenant.workplace.receipt.settings.agentUserDomain}`
const changed = '--agent weather:obo --agent trainee:autonomous'
const isMaking = ({ method, path }: GraphCall) => method === 'POST' && path.includes('agentUser')
const isBeta = ({ path }: GraphCall) => path.startsWith('/beta/')
const isFirstTry = ({ path }: GraphCall) => /^\/v1\.0\/users\/microsoft/.test(path)
const others = '--blueprint-name B --api-name A --page-name P --agent-user-domain fabrikam.example'

/** A user account that is none of the set-up's. */
const foreign = {
  id: '99999999-0000-4000-8000-000000000001',
  displayName: 'theirs',
  mail: 'x@contoso.example',
  userPrincipalName: 'x@contoso.example',
}
const addForeignUser = () =>
  void content().users.push({ ...foreign, identityParentId: idOf('agent/trainee') })
/** When the agent's last user account is deleted, another one appears. */
const showAnotherUser = () => {
  const identityParentId = idOf('agent/alerts')
  tenant.graph.decide = ({ method, path }) => {
    if (method === 'DELETE' && path.includes(identityParentId) && agentUsers().length === 0)
      content().users.push({ ...foreign, identityParentId })
    return 'pass'
  }
}

// biome-ignore format: table
const ofAgents: Scenes = [
  ['each gets app role, consent for all users and user account only if it was asked for', `apply ${agents}`, `apply ${agents}`, 'apply', 'status', showRights],
  ['they are written into .env and into the file of AGENTS_CONFIG, which keeps what the user wrote there', writeAgents({ agents: { weather: mine }, default: 'weather' }), quietly(`apply ${agents}`), showAgentsFile, showVariables, quietly('apply --remove-agent weather --remove-agent trainee --agent alerts:autonomous,obo'), showVariables, () => expect(showAgentsFile).toThrow('ENOENT')],
  ['their names can be told apart by Entra and AGENTS_CONFIG', ...['Reader', 'READER', 'reader ', 'reader.'].map(name => `plan --agent reader --agent "${name}"`)],
  ['those that `agentctl agents` describes keep what it says of them', writeDescribed, quietly('apply --agent reader:obo --agent notes:obo'), showAgentsFile],
  ['they are not written over a file that does not configure agents', writeAgents([1]), `apply ${agents}`, showAgentsFile],
  ['they get and lose rights, and a user account with its consent, when apply names other rights', quietly(`apply ${agents}`), `plan ${changed}`, `apply ${changed}`, 'status', showRights],
  ['they are switched off one at a time, and the others stay on', quietly(`apply ${agents}`, 'disable --agent weather'), showSwitched, switchUsersOff, 'status', 'apply', showSwitched, quietly('enable --agent weather'), showSwitched],
  ['what they inherit from their blueprint is “not evaluated”, never clean, if Graph does not show it', quietly(`apply ${agents}`), treat('not-know', isBeta), 'status'],
]

// biome-ignore format: table
const ofUsers: Scenes = [
  ['Graph’s beta version is asked if v1.0 does not know such accounts', treat('not-know', isFirstTry), `apply ${agents}`, quietly('status')],
  ['a tenant may refuse such accounts to every signed-in user, and a later apply makes them', treat('forbid', isMaking), `apply ${agents}`, () => tenant.graph.reset(), quietly('apply'), showRights],
  ['apply checks the permission before it makes anything', signInWithoutUsers, `apply ${agents}`],
  ['without such an account, the permission is not needed', signInWithoutUsers, 'apply', 'status', 'destroy --yes'],
  ['the account is in the domain that --agent-user-domain names', quietly(`apply ${agents} --agent-user-domain contoso.example`), showDomain],
  ['Graph’s words about another domain are shown', `apply --agent x:agent-user ${others}`],
  ['destroy deletes the account before its agent, and then the tenant is as it was', remember, quietly(`apply ${agents}`), 'destroy --yes', expectRemembered, () => expect(tenant.workplace.variables['AGENT_USERS']).toBe('')],
  ['an account that nobody asked for is reported, and destroy refuses', quietly(`apply ${agents}`), addForeignUser, 'status', 'destroy --yes', quietly('destroy --yes --with-foreign-agents'), () => expect(agentUsers()).toEqual([])],
  ['destroy reports an account that Entra still shows after the deletion', quietly(`apply ${agents}`), showAnotherUser, 'destroy --yes'],
]

it('apply gives each agent its own rights, and other commands tell and change them', () =>
  expectScenes('agents', ofAgents))

it('the user account of an agent is made, told and deleted with the agent', () =>
  expectScenes('agent-users', ofUsers))
