import { defaultFlows, type Flow, flowNames } from '@entra-bedrock-agent/identity-trace'
import { Mistake } from '../set-up/mistake.ts'
import { type Json, readIfShown } from './graph.ts'
import { agentUserAccess, listAgentUsers } from './objects/agent-users.ts'
import { agentsPath } from './objects/agents.ts'
import { alertsReadWriteId, blueprintPath, descriptionOf, weatherReadAllId } from './objects/applications.ts'
import { secretName, secretsOf } from './objects/client-secret.ts'
import { agentKey } from './objects/tenant-object.ts'
import type { Receipt } from './receipt.ts'
import { inStep, type Run, toRecord } from './run.ts'
import {
  defaultSettings,
  type FederatedCredential,
  hasAlerts,
  nameOfCredential,
  type Settings,
} from './settings.ts'
import { type Finding, survey } from './survey.ts'

/**
 * Rewrites a lost receipt from what the set-up left in the tenant: the set-up's applications have its id in their
 * description. Agents have no description, so only those in `agentNames` count as the set-up's own; `destroy` will not
 * touch the others. Agents keep the rights that they have.
 *
 * @param agentNames the agents of the set-up; if empty, the agent that the set-up makes by default
 * @throws {Mistake} when the tenant has no blueprint of that set-up.
 */
export async function adopt(run: Run, setUpId: string, agentNames: readonly string[]): Promise<void> {
  const title = `set-up ${setUpId}`
  const { settings, secret, makers } = await inStep(run, { title }, () =>
    readSettings(run, setUpId, agentNames),
  )
  const known = secret ? { 'client-secret': toRecord(secret, run.clock.nowMs()) } : {}
  const begun = { version: 1, tenantId: run.tenantId, setUpId, disabledAgents: [], creating: null } as const
  // `survey` looks for objects of every flow for which Graph can show them; `withFlows` then keeps the flows that an agent has.
  const users = await inStep(run, { title: 'user accounts of agents', access: agentUserAccess }, () =>
    readIfShown(() => listAgentUsers(run.graph, true)),
  )
  if (!users) run.print('Left out: user accounts of agents, which Graph does not show to this caller.')
  const seen = users ? flowNames : defaultFlows
  const agentFlows = Object.fromEntries(settings.agents.map(name => [name, seen]))
  const receipt: Receipt = { ...begun, settings: { ...settings, agentFlows }, makers, objects: known }
  const findings = await survey(run, receipt)
  const found = findings.flatMap(({ wanted, object }) =>
    object ? [[wanted.key, toRecord(object, run.clock.nowMs())] as const] : [],
  )
  const objects = Object.fromEntries(found)
  const held = withAlerts(withFlows(settings, objects), findings)
  run.receipt.write({ ...receipt, settings: held, objects })
  run.print(`The receipt of the set-up ${setUpId} was written anew: ${run.receipt.path}`)
}

/** Sets the flows of each agent to those that it has rights for, so that no agent gets more than it had. */
function withFlows(settings: Settings, objects: Receipt['objects']): Settings {
  const isHeld: Record<Flow, (agent: string) => boolean> = {
    autonomous: agent => `${agent}/app-role` in objects,
    obo: agent => `${agent}/grant` in objects,
    'agent-user': agent => `${agent}/user` in objects,
  }
  const flows = settings.agents.map(name => [name, flowNames.filter(flow => isHeld[flow](agentKey(name)))])
  const others = flows.filter(([, held]) => String(held) !== String(defaultFlows))
  return { ...settings, ...(others.length > 0 ? { agentFlows: Object.fromEntries(others) } : {}) }
}

/** Sets `alerts` and `unattendedAlerts` to what the tenant grants: consent for all users, and app roles of agents. */
function withAlerts(settings: Settings, findings: readonly Finding[]): Settings {
  const { unattendedAlerts = [], ...others } = settings
  const find = (key: string) => findings.find(({ wanted }) => wanted.key === key)?.object
  const isForAll = ({ scope }: Json) => String(scope).split(' ').includes('Alerts.ReadWrite')
  const isHeld = settings.agents.some(name => isForAll(find(`${agentKey(name)}/grant`) ?? {}))
  const unattended = unattendedAlerts.filter(name => find(`${agentKey(name)}/alerts-role`))
  return {
    ...others,
    ...(hasAlerts(settings) && isHeld ? { alerts: 'all-users' } : {}),
    ...(unattended.length > 0 ? { unattendedAlerts: unattended } : {}),
  }
}

/** The settings of alerts, read from the API’s application. `unattendedAlerts` first names all agents; `withAlerts` keeps those with the role. */
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
  const usersOf = async (relation: string) =>
    (await graph.list(`${path}/microsoft.graph.agentIdentityBlueprint/${relation}`)).map(({ id }) =>
      String(id),
    )
  const secret = secretsOf(blueprint).findLast(one => one['displayName'] === secretName(setUpId))
  const ours = agentNames.length > 0 ? agentNames : defaultSettings.agents
  const agents = (await graph.list(agentsPath))
    .filter(one => one['agentIdentityBlueprintId'] === blueprint['appId'])
    .map(({ displayName }) => String(displayName))
  for (const name of agents.filter(one => !ours.includes(one)))
    print(`Left out: the agent identity "${name}", which nobody named. If it is ours, add --agent "${name}".`)
  const ofUs = agents.filter(name => ours.includes(name))
  const settings: Settings = {
    ...defaultSettings,
    ...alertsIn({ api, blueprint, agents: ofUs }),
    blueprintName: String(blueprint['displayName']),
    ...(page ? { pageName: String(page['displayName']) } : {}),
    ...(api ? { apiName: String(api['displayName']) } : {}),
    agents: ofUs,
    redirectUris: ((page?.['spa'] as Json | undefined)?.['redirectUris'] ?? []) as string[],
    federatedCredentials: (await graph.list(`${path}/federatedIdentityCredentials`))
      .map(({ name, issuer, subject }) => ({ name, issuer: String(issuer), subject: String(subject) }))
      .filter(one => nameOfCredential(one) === one.name)
      .map(({ issuer, subject }): FederatedCredential => ({ issuer, subject })),
    secretDays: secret ? daysOf(secret) : null,
    serviceManagementReference: (blueprint['serviceManagementReference'] ?? null) as string | null,
    sponsors: await usersOf('sponsors'),
  }
  return { settings, secret, makers: await usersOf('owners') }
}

function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function daysOf({ startDateTime, endDateTime }: Json): number {
  return Math.round((Date.parse(String(endDateTime)) - Date.parse(String(startDateTime))) / 86_400_000)
}
