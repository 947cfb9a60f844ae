import type { Flow } from '@entra-agents/trace'
import { words } from './words.ts'

/** What a policy of Conditional Access decides about a token. */
export interface PolicyDecision {
  readonly displayName: string
  /** In the words of Entra's sign-in log. */
  readonly result: 'success' | 'failure' | 'notApplied' | `reportOnly${'Success' | 'Failure' | 'NotApplied'}`
  /** Why the policy does not apply, in Graph's words; `notSet` if it applies. */
  readonly reason: string
  /** What the policy demands, such as `block` or `mfa`. */
  readonly controls: readonly string[]
}

export interface TokenQuestion {
  readonly flow: Flow
  /** Whom the token is about: the agent, its user account or, on behalf of a user, that user. */
  readonly about: string
  readonly risk: string
  readonly policies: readonly PolicyDecision[]
}

/** What would happen to a token of an agent, in the same words on every screen and command line. */
export function describeWhatIf({ flow, about, risk, policies }: TokenQuestion) {
  const failed = policies.filter(({ result }) => result === 'failure')
  const demands = [...new Set(failed.flatMap(({ controls }) => controls))]
  const code = demands.includes('block') ? 53003 : failed.length > 0 ? 50076 : undefined
  const passed = policies.some(({ result }) => result === 'success')
  const conditionalAccessStatus = failed.length > 0 ? 'failure' : passed ? 'success' : 'notApplied'
  const answers = {
    53003: `AADSTS53003: ${words[53003].text}`,
    50076: `A token, if the user met this when signing in: ${demands.join(', ')}. Else a refusal, such as AADSTS50076`,
  } as const
  const answer = code === undefined ? 'A token, if the agent has the right for it' : answers[code]
  const table = flow === 'autonomous' ? 'AADServicePrincipalSignInLogs' : 'AADNonInteractiveUserSignInLogs'
  const facts = [
    ['The token is about', about],
    ['Its risk', risk],
    ['Entra would answer', answer],
    ['Row in', table],
    ['conditionalAccessStatus', conditionalAccessStatus],
  ] as const
  const decisions = policies.map(one => [one.displayName, decisionInWords(one, flow)] as const)
  return {
    code,
    table,
    conditionalAccessStatus,
    facts,
    decisionsTitle: 'What each policy decides',
    decisions,
  }
}

function decisionInWords({ result, reason, controls }: PolicyDecision, flow: Flow): string {
  if (reason !== 'notSet')
    return `${result}, since ${reasons[reason] ?? 'another condition is not met'} (${reason})`
  if (result.startsWith('reportOnly')) return `${result}: it only reports`
  const isIdle = flow !== 'obo' && controls.length > 0 && !controls.includes('block')
  return isIdle ? `${result}, since ${controls.join()} demands nothing of agents, as users report` : result
}

/** Why a policy does not apply (https://learn.microsoft.com/graph/api/resources/whatifanalysisresult). */
const reasons: Readonly<Record<string, string>> = {
  agentIdentities: 'it is for other agents',
  agentIdRisk: 'it is for agents at another risk',
  application: 'it is for other APIs',
  authenticationContext: 'it is for an authentication context',
  policyNotEnabled: 'it is off',
  unknownFutureValue: 'a condition is not met that Graph does not name',
  userRisk: 'it is for users at another risk',
  users: 'it is for other users',
  workloadIdentities: 'it is not for this agent',
}
