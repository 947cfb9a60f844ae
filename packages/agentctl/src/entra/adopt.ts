import { defaultFlows, type Flow, flowNames } from '@entra-agents/trace'
import { Mistake } from '../set-up/mistake.ts'
import { type Json, readIfShown } from './graph.ts'
import { agentUserAccess, listAgentUsers } from './objects/agent-users.ts'
import { agentsPath } from './objects/agents.ts'
import { alertsReadWriteId, blueprintPath, descriptionOf, weatherReadAllId } from './objects/applications.ts'
import { secretName, secretsOf } from './objects/client-secret.ts'
import { describeCredential } from './objects/federated-credentials.ts'
import { agentKey } from './objects/tenant-object.ts'
import type { Invocation } from './options.ts'
import type { Receipt } from './receipt.ts'
import { inStep, type Run, toRecord } from './run.ts'
import { defaultSettings, hasAlerts, type Settings } from './settings.ts'
import { survey } from './survey.ts'

/**
 * Rewrites a lost receipt from what the set-up left in the tenant: the set-up's applications have its id in their
 * description. Agents have no description, so only those in `agentNames` count as the set-up's own; `destroy` will not
 * touch the others. Agents keep the rights that they have.
 *
 * @param invocation names the agents (if none, the agent that the set-up makes by default) and what else was asked for
 * @param confirm asks the user, after everything is printed that would be taken for asked for
 * @throws {Mistake} when the tenant has no blueprint of that set-up, or the user does not confirm
 */
export async function adopt(
  run: Run,
  setUpId: string,
  { agents: agentNames, settings: asked }: Invocation,
  confirm: () => Promise<boolean>,
): Promise<void> {
  const title = `set-up ${setUpId}`
  const { settings, secret, makers, users } = await inStep(run, { title }, () =>
    readSettings(run, setUpId, agentNames),
  )
  const known = secret ? { 'client-secret': toRecord(secret, run.clock.nowMs()) } : {}
  const empty = { version: 1, tenantId: run.tenantId, setUpId, disabledAgents: [], creating: null } as const
  // `survey` looks for objects of every flow for which Graph can show them; `asGranted` then keeps the flows that an agent has.
  const accounts = await inStep(run, { title: 'user accounts of agents', access: agentUserAccess }, () =>
    readIfShown(() => listAgentUsers(run.graph, true)),
  )
  if (!accounts) run.print('Left out: user accounts of agents, which Graph does not show to this caller.')
  const flows = accounts ? flowNames : defaultFlows
  const agentFlows = Object.fromEntries(settings.agents.map(name => [name, flows]))
  const receipt: Receipt = { ...empty, settings: { ...settings, agentFlows }, makers, objects: known }
  const findings = await survey(run, receipt)
  const found = new Map(findings.flatMap(({ wanted, object }) => (object ? [[wanted.key, object]] : [])))
  const records = [...found].map(([key, object]) => [key, toRecord(object, run.clock.nowMs())] as const)
  const account = [...found.values()].find(one => one['identityParentId'])
  const [, domain] = String(account?.['userPrincipalName']).split('@')
  const rights = asGranted(settings, found)
  const held = domain === undefined ? rights : { ...rights, agentUserDomain: domain }
  const meant = [defaultSettings, asked].flatMap(one => wordsOf(one, users))
  const all = wordsOf({ ...held, owners: [...held.owners, ...makers] }, users)
  const taken = all.filter(one => !meant.includes(one))
  for (const one of taken) run.report({ result: 'adopt', title: one })
  if (taken.length > 0 && !(await confirm()))
    throw new Mistake(
      'Nothing was taken over, and no receipt was written.',
      'Take away what is not meant (Entra admin center), and run this again.',
    )
  run.receipt.write({ ...receipt, settings: held, objects: Object.fromEntries(records) })
  run.print(`The receipt of the set-up ${setUpId} was written anew: ${run.receipt.path}`)
}

/** What settings ask for beyond names, in words; `users` are those that may be named by id or user name. */
function wordsOf(settings: Partial<Settings>, users: readonly Json[]): readonly string[] {
  const wordsFor = (name: string) => {
    const user = users.find(({ id, userPrincipalName }) => [id, userPrincipalName].includes(name))
    return user ? `${user['displayName']} (${user['id']})` : name
  }
  const { sponsors = [], owners = [], redirectUris = [], consentUris = [], alerts } = settings
  const { federatedCredentials = [], agentFlows = {}, unattendedAlerts = [], secretDays } = settings
  return [
    ...sponsors.map(name => `sponsor ${wordsFor(name)}`),
    ...owners.map(name => `owner ${wordsFor(name)}`),
    ...redirectUris.map(uri => `redirect URI ${uri} of the page`),
    ...consentUris.map(uri => `redirect URI ${uri} of the blueprint`),
    ...federatedCredentials.map(describeCredential),
    ...Object.entries(agentFlows).map(([name, flows]) => `agent "${name}": ${flows.join('+') || 'no flow'}`),
    ...(alerts ? [`alerts: ${alerts}`] : []),
    ...unattendedAlerts.map(name => `alerts of "${name}" without a user`),
    ...(secretDays ? ['client secret of the blueprint'] : []),
  ]
}

/** Takes from the settings the rights that the tenant does not grant, so that no agent gets more than it had. */
function asGranted(settings: Settings, found: ReadonlyMap<string, Json>): Settings {
  const { unattendedAlerts = [], agents, ...others } = settings
  const find = (agent: string, end: string) => found.get(`${agentKey(agent)}/${end}`)
  const rightOf: Record<Flow, string> = { autonomous: 'app-role', obo: 'grant', 'agent-user': 'user' }
  const flows = agents
    .map(name => [name, flowNames.filter(flow => find(name, rightOf[flow]))] as const)
    .filter(([, held]) => String(held) !== String(defaultFlows))
  const isForAll = agents.some(name =>
    String(find(name, 'grant')?.['scope']).split(' ').includes('Alerts.ReadWrite'),
  )
  const unattended = unattendedAlerts.filter(name => find(name, 'alerts-role'))
  return {
    ...others,
    agents,
    ...(flows.length > 0 ? { agentFlows: Object.fromEntries(flows) } : {}),
    ...(hasAlerts(settings) && isForAll ? { alerts: 'all-users' } : {}),
    ...(unattended.length > 0 ? { unattendedAlerts: unattended } : {}),
  }
}

/** The settings of alerts, read from the API’s application. `unattendedAlerts` first names all agents; `asGranted` keeps those with the role. */
function alertsIn({ api, blueprint, agents }: { api: Json | undefined; blueprint: Json; agents: string[] }) {
  const { oauth2PermissionScopes } = (api?.['api'] ?? {}) as Json
  const scope = asList(oauth2PermissionScopes).find(({ id }) => id === alertsReadWriteId)
  const { redirectUris } = (blueprint['web'] ?? {}) as { readonly redirectUris?: readonly string[] }
  return {
    ...(scope ? { alerts: scope['isEnabled'] === false ? ('none' as const) : ('each-user' as const) } : {}),
    ...(scope ? { unattendedAlerts: agents } : {}),
    ...(redirectUris?.length ? { consentUris: redirectUris } : {}),
  }
}

async function readSettings({ graph, print }: Run, setUpId: string, agentNames: readonly string[]) {
  const description = descriptionOf({ setUpId })
  const filter = `?$filter=description eq '${encodeURIComponent(description)}'`
  const [blueprint] = await graph.list(`${blueprintPath}${filter}`)
  if (!blueprint)
    throw new Mistake(
      `The tenant has no blueprint that is described as "${description}"`,
      'Look the id of the set-up up in the description of the applications (Entra admin center).',
    )
  const applications = await graph.list(`/applications${filter}`)
  const isApi = ({ appRoles }: Json) => asList(appRoles).some(({ id }) => id === weatherReadAllId)
  const api = applications.find(isApi)
  const page = applications.find(one => !isApi(one))
  const path = `/applications/${blueprint['id']}`
  const usersOf = async (relation: string, of = `${path}/microsoft.graph.agentIdentityBlueprint`) =>
    (await graph.list(`${of}/${relation}`)).map(one => ({ ...one, id: String(one['id']) }))
  const secret = secretsOf(blueprint).findLast(one => one['displayName'] === secretName(setUpId))
  const names = agentNames.length > 0 ? agentNames : defaultSettings.agents
  const all = (await graph.list(agentsPath)).filter(
    one => one['agentIdentityBlueprintId'] === blueprint['appId'],
  )
  const ours = all.filter(({ displayName }) => names.includes(String(displayName)))
  for (const { displayName: name } of all.filter(one => !ours.includes(one)))
    print(`Left out: the agent identity "${name}", which nobody named. If it is ours, add --agent "${name}".`)
  const agents = ours.map(({ displayName }) => String(displayName))
  const [sponsors, owners] = [await usersOf('sponsors'), await usersOf('owners')]
  // Those whom --owner named own the agents, too. Other owners of the blueprint made it.
  const [agent] = ours.map(({ id }) => `/servicePrincipals/${id}/microsoft.graph.agentIdentity`)
  const named = (agent === undefined ? [] : await usersOf('owners', agent)).map(({ id }) => id)
  const ownerIds = owners.map(({ id }) => id)
  const settings: Settings = {
    ...defaultSettings,
    ...alertsIn({ api, blueprint, agents }),
    blueprintName: String(blueprint['displayName']),
    ...(page ? { pageName: String(page['displayName']) } : {}),
    ...(api ? { apiName: String(api['displayName']) } : {}),
    agents,
    redirectUris: ((page?.['spa'] as Json | undefined)?.['redirectUris'] ?? []) as string[],
    federatedCredentials: (await graph.list(`${path}/federatedIdentityCredentials`))
      .map(({ issuer, subject }) => ({ issuer: String(issuer), subject: String(subject) }))
      // The name tells nothing: anybody can make a credential of the name that the set-up would give.
      .filter(({ subject }) => /^system:serviceaccount:[^:]+:[^:]+$/.test(subject)),
    secretDays: secret ? daysOf(secret) : null,
    serviceManagementReference: (blueprint['serviceManagementReference'] ?? null) as string | null,
    sponsors: sponsors.map(({ id }) => id),
    owners: ownerIds.filter(id => named.includes(id)),
  }
  const makers = ownerIds.filter(id => !named.includes(id))
  return { settings, secret, makers, users: [...sponsors, ...owners] }
}

function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function daysOf({ startDateTime, endDateTime }: Json): number {
  return Math.round((Date.parse(String(endDateTime)) - Date.parse(String(startDateTime))) / 86_400_000)
}
