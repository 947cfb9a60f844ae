import type { Attributes } from '../directory/objects.ts'
import type { ConditionalAccessPolicy, RiskLevel } from '../directory/policies.ts'
import { matchesRule } from './attribute-filter.ts'

/** Whom a token is about, which decides the policies that count: not the agent if it acts for a user. */
export interface Subject {
  readonly kind: 'agent' | 'agentUser' | 'user' | 'application'
  /** The values by which a policy can include or exclude the subject, such as `All`. */
  readonly names: readonly string[]
  readonly attributes: Attributes
  readonly risk: RiskLevel | 'none'
}

/** What policies judge. */
export interface SignInFacts {
  readonly subject: Subject
  /** The values by which a policy can include or exclude the API, such as `All`. */
  readonly targets: readonly string[]
  /** The requested authentication contexts. */
  readonly contexts: readonly string[]
  /** How long ago the user proved a second factor in this session; absent if never. */
  readonly secondFactorAgeMs?: number | undefined
  /**
   * Whether “every time” policies apply. They do not when a confidential client gets a token in the user's absence.
   * https://learn.microsoft.com/entra/identity/conditional-access/concept-session-lifetime
   */
  readonly appliesEveryTime: boolean
}

export interface Decision {
  readonly policy: ConditionalAccessPolicy
  /** Why the policy does not apply, in Graph's words; `notSet` if it applies. */
  readonly reason: ReturnType<typeof whyNotApplied>
  readonly result: (typeof enforced)[keyof typeof enforced] | `reportOnly${keyof typeof enforced}`
}

/** For this long after a second factor, even a policy with “every time” does not demand it again. */
const everyTimeToleranceMs = 5 * 60_000

/** What each policy decides about a sign-in. Disabled policies are in the list, too. */
export function evaluate(
  policies: readonly ConditionalAccessPolicy[],
  facts: SignInFacts,
): readonly Decision[] {
  return policies.map(policy => {
    const reason = whyNotApplied(policy, facts)
    const verdict = meetsControl(policy, facts) ? 'Success' : 'Failure'
    const result = reason === 'notSet' ? verdict : 'NotApplied'
    const isReportOnly = policy.state === 'enabledForReportingButNotEnforced'
    return { policy, reason, result: isReportOnly ? `reportOnly${result}` : enforced[result] }
  })
}

const enforced = { Success: 'success', Failure: 'failure', NotApplied: 'notApplied' } as const

export const blocks = ({ grantControls }: ConditionalAccessPolicy): boolean =>
  grantControls.builtInControls.includes('block')

function whyNotApplied({ state, conditions }: ConditionalAccessPolicy, facts: SignInFacts) {
  const { subject } = facts
  const isUser = subject.kind === 'user' || subject.kind === 'agentUser'
  if (state === 'disabled') return 'policyNotEnabled'
  if (!(isUser ? includesUser(conditions, subject) : includesAgent(conditions, subject)))
    return isUser ? 'users' : 'workloadIdentities'
  return whyNotThere(conditions, facts) ?? whyNotAtRisk(conditions, subject) ?? 'notSet'
}

function whyNotThere({ applications }: ConditionalAccessPolicy['conditions'], facts: SignInFacts) {
  const { includeAuthenticationContextClassReferences: contexts, ...apis } = applications
  if (contexts?.length) return hasAny(contexts, facts.contexts) ? undefined : 'authenticationContext'
  const isIncluded = hasAny(apis.includeApplications, facts.targets)
  return isIncluded && !hasAny(apis.excludeApplications, facts.targets) ? undefined : 'application'
}

function whyNotAtRisk(conditions: ConditionalAccessPolicy['conditions'], { kind, risk }: Subject) {
  const { agentIdRiskLevels: ofAgents, userRiskLevels: ofUsers } = conditions
  const isUser = kind === 'user'
  if (ofAgents !== undefined && (isUser || !hasAny(ofAgents.split(','), [risk]))) return 'agentIdRisk'
  return ofUsers?.length && !(isUser && hasAny(ofUsers, [risk])) ? 'userRisk' : undefined
}

function includesUser({ users }: ConditionalAccessPolicy['conditions'], { names }: Subject): boolean {
  return hasAny(users?.includeUsers, names) && !hasAny(users?.excludeUsers, names)
}

function includesAgent(
  { clientApplications: agents }: ConditionalAccessPolicy['conditions'],
  { names, attributes }: Subject,
): boolean {
  const { includeAgentIdServicePrincipals: included, agentIdServicePrincipalFilter: filter } = agents ?? {}
  // A filter alone chooses from all agents.
  const isListed = included?.length ? hasAny(included, names) : filter?.mode === 'include'
  const isFiltered = !filter || matchesRule(filter.rule, attributes) === (filter.mode === 'include')
  return isListed && isFiltered && !hasAny(agents?.excludeAgentIdServicePrincipals, names)
}

/** Whether a sign-in meets what a policy demands. A second factor is demanded of users only: of agents and their accounts, as users report, it demands nothing. */
function meetsControl(policy: ConditionalAccessPolicy, facts: SignInFacts): boolean {
  const { subject, secondFactorAgeMs, appliesEveryTime } = facts
  if (blocks(policy)) return false
  if (subject.kind !== 'user') return true
  if (secondFactorAgeMs === undefined) return false
  const { isEnabled, frequencyInterval } = policy.sessionControls?.signInFrequency ?? {}
  const isEveryTime = isEnabled === true && frequencyInterval === 'everyTime'
  return !(isEveryTime && appliesEveryTime) || secondFactorAgeMs <= everyTimeToleranceMs
}

const hasAny = (listed: readonly string[] | undefined, names: readonly string[]): boolean =>
  listed?.some(one => names.includes(one)) ?? false
