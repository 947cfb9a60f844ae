import { createHash } from 'node:crypto'
import { defaultFlows, type Flow } from '@entra-agents/trace'
import { Mistake } from '../set-up/mistake.ts'

/** Entra accepts the tokens that a cluster (`issuer`) issues to a ServiceAccount (`subject`) as the blueprint's credential. */
export interface FederatedCredential {
  readonly issuer: string
  readonly subject: string
}

/**
 * Who allows agents to keep alerts on a user's behalf: an administrator for all users, or each user when it is needed.
 * `none` means nobody: the scope and the app role for alerts stay, but disabled, since Entra refuses to delete enabled ones.
 */
export const alertsConsents = ['all-users', 'each-user', 'none'] as const

/** What is wanted in the tenant. Kept in the receipt, so that later runs need not repeat the options. */
export interface Settings {
  readonly blueprintName: string
  readonly apiName: string
  readonly pageName: string
  readonly agents: readonly string[]
  /** The flows in which each agent has rights, by the agent's name. An agent that is not named has the default flows. */
  readonly agentFlows?: Readonly<Record<string, readonly Flow[]>>
  /** The verified domain of agents' user accounts. */
  readonly agentUserDomain?: string
  readonly redirectUris: readonly string[]
  readonly federatedCredentials: readonly FederatedCredential[]
  /** Absent if there never was a scope for alerts. */
  readonly alerts?: (typeof alertsConsents)[number]
  /** Agents that may keep alerts as themselves, without a user. */
  readonly unattendedAlerts?: readonly string[]
  /** Where users come back to after consenting; by default derived from the redirect URIs if `alerts` is set. */
  readonly consentUris?: readonly string[]
  /** How many days a client secret is valid; `null` if there is no secret. */
  readonly secretDays: number | null
  readonly serviceManagementReference: string | null
  /** Sponsors and owners are given by the object ids of users. */
  readonly sponsors: readonly string[]
  readonly owners: readonly string[]
}

export const defaultSettings: Settings = {
  blueprintName: 'Weather Agent Blueprint',
  apiName: 'Weather API',
  pageName: 'Weather Agent page',
  agents: ['weather-agent'],
  redirectUris: ['http://localhost:3001/auth/redirect.html'],
  federatedCredentials: [],
  secretDays: null,
  serviceManagementReference: null,
  sponsors: [],
  owners: [],
}

/** The flows in which an agent has rights; empty if the agent has an identity and nothing more. */
export function flowsOf({ agentFlows }: Settings, agent: string): readonly Flow[] {
  const flows = agentFlows && Object.hasOwn(agentFlows, agent) ? agentFlows[agent] : undefined
  return flows ?? defaultFlows
}

/** The agents with rights in a flow. */
export function agentsWith(settings: Settings, flow: Flow): readonly string[] {
  return settings.agents.filter(name => flowsOf(settings, name).includes(flow))
}

export function hasAlerts({ alerts = 'none' }: Settings): boolean {
  return alerts !== 'none'
}

/** Whether an agent may keep alerts without a user. */
export function isUnattended(settings: Settings, agent: string): boolean {
  return hasAlerts(settings) && settings.unattendedAlerts?.includes(agent) === true
}

const signInPage = /\/auth\/redirect\.html$/

/** Where users come back to after consenting for an agent; empty if users are not asked to consent. */
export function consentUrisOf({ alerts, consentUris, redirectUris }: Settings): readonly string[] {
  if (consentUris) return consentUris
  const pages = alerts === undefined ? [] : redirectUris.filter(uri => signInPage.test(uri))
  return pages.map(uri => uri.replace(signInPage, '/auth/consent.html'))
}

/** What the caller no longer wants. */
export interface Removal {
  readonly agents: readonly string[]
  /** The issuers of the clusters whose tokens the blueprint no longer accepts. */
  readonly issuers: readonly string[]
  readonly clientSecret: boolean
}

/** @throws {Mistake} when an option names what is not there */
function requireKnown(option: string, given: readonly string[] = [], known: readonly string[]): void {
  const stranger = given.find(one => !known.includes(one))
  if (stranger === undefined) return
  const names = [...new Set(known)].join(', ')
  throw new Mistake(
    `${option} ${stranger}: there is none of that name.`,
    names ? `Write it letter for letter. There are: ${names}.` : 'Leave it out.',
  )
}

/**
 * Adds to the settings what the caller wants now, and takes out what the caller no longer wants. Agents, federated credentials,
 * sponsors and owners are added to the earlier ones, so that setting up one cluster cuts off no other.
 *
 * @param earlier the settings before an unfinished run, which may have taken things away already
 * @throws {Mistake} when names of agents cannot be told apart, or what is named does not exist
 */
export function changeSettings(
  known: Settings | undefined,
  change: Partial<Settings>,
  removal: Removal = { agents: [], issuers: [], clientSecret: false },
  earlier?: Settings,
): Settings {
  const {
    agentFlows: flowsBefore,
    unattendedAlerts: unattendedBefore,
    ...before
  } = known ?? {
    ...defaultSettings,
    agents: change.agents ?? defaultSettings.agents,
  }
  const { agentFlows: changedFlows, alerts, unattendedAlerts, ...changed } = change
  const sum = (name: 'agents' | 'sponsors' | 'owners') => [
    ...new Set([...before[name], ...(change[name] ?? [])]),
  ]
  const agents = sum('agents').filter(name => !removal.agents.includes(name))
  checkNames(agents)
  const { agents: agentsBefore, federatedCredentials: clustersBefore } = earlier ?? before
  requireKnown('--unattended-alerts', unattendedAlerts, agents)
  requireKnown('--remove-agent', removal.agents, [...before.agents, ...agentsBefore])
  requireKnown(
    '--remove-cluster',
    removal.issuers,
    [...before.federatedCredentials, ...clustersBefore].map(({ issuer }) => issuer),
  )
  const unattended = (alerts ? unattendedAlerts : unattendedBefore)?.filter(name => agents.includes(name))
  const flows = Object.entries({ ...flowsBefore, ...changedFlows }).filter(([name]) => agents.includes(name))
  const federatedCredentials = [...before.federatedCredentials, ...(change.federatedCredentials ?? [])]
  return {
    ...before,
    ...changed,
    // `none` disables the scope for alerts, so the setting `none` is left out if there never was such a scope.
    ...(alerts && (alerts !== 'none' || before.alerts) ? { alerts } : {}),
    ...(unattended && unattended.length > 0 ? { unattendedAlerts: unattended } : {}),
    ...(removal.clientSecret ? { secretDays: null } : {}),
    sponsors: sum('sponsors'),
    owners: sum('owners'),
    agents,
    ...(flows.length > 0 ? { agentFlows: Object.fromEntries(flows) } : {}),
    federatedCredentials: [
      ...new Map(federatedCredentials.map(one => [nameOfCredential(one), one] as const)).values(),
    ].filter(({ issuer }) => !removal.issuers.includes(issuer)),
  }
}

/** A name in kebab-case, as AGENTS_CONFIG wants it. */
export function toKebab(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
}

/** Entra compares names without regard to case, and AGENTS_CONFIG has them in kebab-case: two names must differ in both forms. */
function checkNames(agents: readonly string[]): void {
  const known = new Map<string, string>()
  for (const name of agents) {
    const kebab = toKebab(name) || name.toLowerCase()
    const taken = known.get(kebab)
    if (taken !== undefined)
      throw new Mistake(
        `The agents "${taken}" and "${name}" would be taken for one another.`,
        'Give them names that differ in letters or digits. If you mean the same agent, write its name as the first one.',
      )
    known.set(kebab, name)
  }
}

/** The name of a federated credential at Entra: the same for the same issuer and subject. */
export function nameOfCredential({ issuer, subject }: FederatedCredential): string {
  return `kubernetes-${createHash('sha256').update(`${issuer} ${subject}`).digest('hex').slice(0, 12)}`
}
