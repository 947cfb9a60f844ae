import { flows } from '@entra-agents/trace'
import { readIfShown } from '../entra/graph.ts'
import { agentKey, agentUserKey } from '../entra/objects/tenant-object.ts'
import { type Run, requireReceipt } from '../entra/run.ts'
import { flowsOf } from '../entra/settings.ts'
import { evaluatePolicies } from '../entra/what-if.ts'
import { trouble } from './problems.ts'

const root = '/identity/conditionalAccess'
const defaultsPath = '/policies/identitySecurityDefaultsEnforcementPolicy'
const unread = () =>
  trouble(
    'NOT_CHECKED',
    'Graph does not show the Conditional Access policies for agents.',
    'Ask with a token that has Policy.Read.All.',
  )

/** The part of a policy of Graph's beta that says something of agents. */
interface AgentPolicy {
  readonly displayName?: string
  readonly state?: string
  readonly policyApplies?: boolean
  readonly conditions?: {
    readonly users?: { readonly includeUsers?: readonly string[] }
    readonly clientApplications?: { readonly [property: string]: unknown } | null
    readonly agentIdRiskLevels?: string | null
  }
  readonly grantControls?: { readonly builtInControls?: readonly string[] } | null
}

const controls = ({ grantControls }: AgentPolicy) => grantControls?.builtInControls ?? []
const namesOf = (policies: readonly AgentPolicy[]) => policies.map(one => `“${one.displayName}”`).join(', ')
const isForAgents = ({ conditions }: AgentPolicy) =>
  conditions?.users?.includeUsers?.includes('AllAgentIdUsers') ||
  Object.keys(conditions?.clientApplications ?? {}).some(name => name.includes('AgentId'))

/** Whether the tenant stops agents at risk, and whether what it demands of agents has an effect. */
export async function checkAgentPolicies({ graph }: Run) {
  const read = { version: 'beta', mayBeForbidden: true } as const
  const policies = await readIfShown(() => graph.listExisting(`${root}/policies`, read))
  if (!policies) return unread()
  const defaults = await readIfShown(() => graph.read(defaultsPath, { mayBeForbidden: true }))
  if (defaults?.['isEnabled'] === true)
    return trouble('AGENT_POLICIES_WITHOUT_EFFECT', 'The tenant has security defaults on.')
  const enabled = (policies as readonly AgentPolicy[]).filter(({ state }) => state === 'enabled')
  const idle = enabled.filter(one => isForAgents(one) && controls(one).includes('mfa'))
  if (idle.length > 0)
    return trouble('AGENT_POLICIES_WITHOUT_EFFECT', `Multifactor authentication of agents: ${namesOf(idle)}.`)
  const stopping = enabled.filter(
    one => one.conditions?.agentIdRiskLevels && isForAgents(one) && controls(one).includes('block'),
  )
  return stopping.length > 0
    ? `Agents at risk are blocked by ${namesOf(stopping)}.`
    : trouble('RISKY_AGENTS_PASS', 'No enabled policy blocks agents by their risk.')
}

/** Whether a policy blocks an agent of the set-up as it stands, by Graph's own evaluation. Of an agent that is not at risk. */
export async function checkNotBlocked(run: Run, name: string) {
  const { objects, settings } = requireReceipt(run)
  const api = objects['weather-api']?.appId ?? ''
  const [agent, account] = [objects[agentKey(name)]?.id, objects[agentUserKey(name)]?.id]
  const own = flowsOf(settings, name).map(flow => flows[flow].actsAs)
  const identities = [
    ...(agent && own.includes('agent') ? [{ type: 'agentSignIn' as const, id: agent }] : []),
    ...(account && own.includes('agent-user') ? [{ type: 'userSignIn' as const, id: account }] : []),
  ]
  if (identities.length === 0)
    return 'It gets no token but on behalf of users, whose policies are not evaluated.'
  const applied = await readIfShown(() =>
    Promise.all(identities.map(one => evaluatePolicies(run.graph, one, api, {}, true))),
  )
  if (!applied)
    return trouble(
      'NOT_CHECKED',
      'Graph does not say what the Conditional Access policies decide about the agent.',
      'Ask with a token that has Policy.Read.All, and see that the agent and its user account are there.',
    )
  const blocking = applied
    .flat()
    .filter(one => one.policyApplies && one.state === 'enabled' && controls(one).includes('block'))
  if (blocking.length > 0)
    throw trouble(
      'POLICY_BLOCKS_AGENT',
      `The agent gets no token for the API, because of ${namesOf(blocking)}.`,
    )
  return 'No Conditional Access policy blocks it as itself or as its user account.'
}
