import { describeWhatIf, type PolicyDecision } from '@entra-agents/entra-failures/what-if'
import { Mistake } from '../set-up/mistake.ts'
import type { Output } from '../set-up/program.ts'
import { type Graph, type Json, readIfShown } from './graph.ts'
import { agentKey, agentUserKey, quoteForFilter } from './objects/tenant-object.ts'
import type { Invocation } from './options.ts'
import { findUser, inStep, type Run } from './run.ts'

/** All of them only read. */
export const whatIfPermissions = ['Policy.Read.All', 'Application.Read.All', 'User.ReadBasic.All']
const policiesRead = {
  permission: 'Policy.Read.ConditionalAccess or Policy.Read.All',
  role: 'Security Reader',
}
const defaultsPath = '/policies/identitySecurityDefaultsEnforcementPolicy'
const sources = [
  'Which policies apply is Graph’s word, for the risk that --risk names, not for the present one.',
  'Code and row are not: they are what the emulator of this repository does, since Graph’s evaluation tells neither.',
]

/** A policy of Graph's beta, and whether it would apply. */
export interface EvaluatedPolicy {
  readonly id: string
  readonly displayName: string
  readonly state: string
  readonly policyApplies?: boolean
  readonly analysisReasons?: string
  readonly grantControls?: {
    readonly builtInControls?: readonly string[]
    readonly authenticationStrength?: object | null
  } | null
}

/** Whom a token is about. */
interface Subject {
  readonly type: 'agentSignIn' | 'userSignIn'
  readonly id: string
}

/** Which policies would apply to a token, by Graph's own evaluation. */
export async function evaluatePolicies(
  graph: Graph,
  { type, id }: Subject,
  api: string,
  signInConditions: Json,
  appliedPoliciesOnly: boolean,
): Promise<readonly EvaluatedPolicy[]> {
  const named = type === 'agentSignIn' ? { agentServicePrincipalId: id } : { userId: id }
  const signInIdentity = { '@odata.type': `#microsoft.graph.${type}`, ...named }
  const signInContext = { '@odata.type': '#microsoft.graph.applicationContext', includeApplications: [api] }
  const body = { signInIdentity, signInContext, signInConditions, appliedPoliciesOnly }
  const path = '/identity/conditionalAccess/evaluate'
  const answer = await graph.send({ method: 'POST', path, body, version: 'beta', mayBeForbidden: true })
  return (answer?.['value'] ?? []) as readonly EvaluatedPolicy[]
}

/** Prints what would happen to a token of an agent. Only reads. */
export async function printWhatIf(run: Run, invocation: Invocation, { print }: Output): Promise<void> {
  const { flow, risk = 'none', json } = invocation
  const { graph, tenantId } = run
  const subject = await findSubject(run, invocation)
  const { resource = run.receipt.content?.objects['weather-api']?.appId } = invocation
  if (resource === undefined)
    throw new Mistake('It is not said which API is meant.', 'Name it: --resource <name or client id>')
  const api = await findId(run, 'API', 'appId', resource)
  const conditions = { [flow === 'obo' ? 'userRiskLevel' : 'agentIdRiskLevel']: risk }
  const step = { title: 'what the Conditional Access policies decide', access: { POST: policiesRead } }
  // Nothing was made a moment ago that Entra might show later.
  const patience = { ...run, waitSeconds: 0 }
  const evaluated = await inStep(patience, step, () =>
    evaluatePolicies(graph, subject, api, conditions, false),
  )
  const defaults = await readIfShown(() => graph.read(defaultsPath, { mayBeForbidden: true }))
  const hasDefaults = defaults?.['isEnabled'] === true
  const policies = hasDefaults ? [] : evaluated.map(one => toDecision(one, flow))
  const description = describeWhatIf({ flow, about: subject.name, risk, policies })
  const { facts, decisionsTitle, decisions, ...answer } = description
  const notes = [...sources]
  if (hasDefaults) notes.push('The tenant has security defaults on: no policy counts.')
  if (!defaults) notes.push('Not evaluated: whether the tenant has security defaults on (Policy.Read.All).')
  const result = {
    version: 1,
    command: 'what-if',
    tenantId,
    flow,
    subject,
    api,
    risk,
    ...answer,
    policies,
    notes,
  }
  const lines = [
    ...facts.map(([name, text]) => `${name.padEnd(24)} ${text}`),
    `\n${decisionsTitle}${decisions.length > 0 ? '' : ': none'}`,
    ...decisions.map(([name, decision]) => `  ${name}: ${decision}`),
    `\n${notes.join('\n')}`,
  ]
  print(json ? JSON.stringify(result, undefined, 2) : lines.join('\n'))
}

function toDecision(
  policy: EvaluatedPolicy,
  flow: Invocation['flow'],
): PolicyDecision & { readonly id: string } {
  const { id, displayName, state, policyApplies, analysisReasons = 'notSet', grantControls } = policy
  const strength = grantControls?.authenticationStrength ? ['authenticationStrength'] : []
  const controls = [...(grantControls?.builtInControls ?? []), ...strength]
  // No control but a block is known to stop agents.
  const fails = controls.includes('block') || (flow === 'obo' && controls.length > 0)
  const own = policyApplies ? (fails ? 'Failure' : 'Success') : 'NotApplied'
  const enforced = { Success: 'success', Failure: 'failure', NotApplied: 'notApplied' } as const
  const result = state === 'enabledForReportingButNotEnforced' ? (`reportOnly${own}` as const) : enforced[own]
  return { id, displayName, result, reason: analysisReasons, controls }
}

async function findSubject(run: Run, { flow, user, agents }: Invocation) {
  const { settings, objects = {} } = run.receipt.content ?? {}
  const [name = '', ...others] = agents.length > 0 ? agents : (settings?.agents ?? [])
  if (flow === 'autonomous') {
    if (name === '' || others.length > 0)
      throw new Mistake('what-if asks about one agent.', 'Name it: --agent <name or id>')
    const id = await findId(run, 'agent identity', 'id', objects[agentKey(name)]?.id ?? name)
    return { type: 'agentSignIn', id, name } as const
  }
  const account = user ?? objects[agentUserKey(name)]?.id
  if (account === undefined)
    throw new Mistake('The user account of the agent is not known.', 'Name it: --user <user>')
  const found = await findUser(run, account)
  if (!found) throw new Mistake(`The tenant has no user "${account}".`, 'Name one by user name or object id.')
  return { type: 'userSignIn', id: String(found['id']), name: String(found['displayName']) } as const
}

/** An id as it is, or that of the only principal of this display name. */
async function findId(run: Run, what: string, idOf: 'id' | 'appId', name: string): Promise<string> {
  if (/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(name)) return name
  const step = { title: `${what} "${name}"`, access: { POST: { permission: 'Application.Read.All' } } }
  const path = `/servicePrincipals?$filter=displayName eq '${quoteForFilter(name)}'`
  const [found, other] = await inStep(run, step, () => run.graph.list(path))
  if (found && !other) return String(found[idOf])
  throw new Mistake(
    `The tenant has ${found ? 'more than one' : 'no'} ${what} "${name}".`,
    'Name it by its id.',
  )
}
