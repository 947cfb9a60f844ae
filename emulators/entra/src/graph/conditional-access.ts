import { randomUUID } from 'node:crypto'
import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'
import { evaluate } from '../conditional-access/evaluate.ts'
import { readPolicy } from '../conditional-access/read-policy.ts'
import { subjectOf, targetsOf } from '../conditional-access/sign-in.ts'
import type { ConditionalAccessPolicy } from '../directory/policies.ts'
import type { Entra } from '../entra.ts'
import { badRequest, throwNotFound } from './access.ts'
import { without } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

const root = '/identity/conditionalAccess'
export const policiesPath = `${root}/policies`
const defaultsPath = '/policies/identitySecurityDefaultsEnforcementPolicy'

const SecurityDefaults = strictObject({ isEnabled: Type.Boolean() })
const Level = Type.Optional(Type.Enum(['none', 'low', 'medium', 'high'] as const))
/** Other conditions may be there: no policy here has them. */
const Conditions = Type.Object({ agentIdRiskLevel: Level, userRiskLevel: Level })
const Evaluation = strictObject({
  signInIdentity: Type.Union([
    strictObject({ agentServicePrincipalId: Type.String() }),
    strictObject({ userId: Type.String() }),
  ]),
  signInContext: Type.Union([
    strictObject({ includeApplications: Type.Array(Type.String()) }),
    strictObject({ authenticationContextValue: Type.String() }),
  ]),
  signInConditions: Type.Optional(Conditions),
  appliedPoliciesOnly: Type.Optional(Type.Boolean()),
})

/** Conditional Access policies, and what they would decide (https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy). */
export function addConditionalAccessRoutes(routes: GraphRoutes, version: GraphVersion): void {
  const isBeta = version === 'beta'
  const readers = routes.for('Policy.ReadWrite.ConditionalAccess', 'Policy.Read.All')
  readers.list(policiesPath, ({ content }) => content.conditionalAccessPolicies.map(show))
  readers.get(`${policiesPath}/:key`, request => show(policyOf(request)))
  const writers = routes.for('Policy.ReadWrite.ConditionalAccess')
  writers.create(policiesPath, Type.Object({}), ({ content, body }) => {
    const policy = { ...read(body), id: randomUUID() }
    content.conditionalAccessPolicies.push(policy)
    return policy
  })
  writers.change(`${policiesPath}/:key`, Type.Object({}), request => {
    const [policy, { content, body }] = [policyOf(request), request]
    const changed = { ...read({ ...policy, ...body }), id: policy.id }
    content.conditionalAccessPolicies = content.conditionalAccessPolicies.map(one =>
      one === policy ? changed : one,
    )
  })
  writers.remove(`${policiesPath}/:key`, ({ content, key }) => {
    const others = without(content.conditionalAccessPolicies, key, ({ id }) => id === key)
    content.conditionalAccessPolicies = others
  })
  readers.get(defaultsPath, ({ entra }) => showDefaults(entra))
  routes
    .for('Policy.ReadWrite.SecurityDefaults')
    .change(defaultsPath, SecurityDefaults, ({ entra, body }) => {
      entra.settings.change({ securityDefaults: body.isEnabled })
    })
  const evaluators = routes.for('Policy.Read.ConditionalAccess', 'Policy.Read.All')
  if (isBeta) evaluators.act(`${root}/evaluate`, Evaluation, whatIf)

  /** Version 1.0 knows nothing of agents. */
  function show(policy: ConditionalAccessPolicy) {
    if (isBeta) return policy
    const { clientApplications: _agents, agentIdRiskLevels: _levels, ...conditions } = policy.conditions
    return { ...policy, conditions }
  }

  function read(body: object) {
    const faults: string[] = []
    const policy = readPolicy(body, 'the policy', fault => faults.push(fault))
    if (!policy) throw badRequest(`Emulator: ${faults.slice(0, 5).join('; ')}.`)
    const { clientApplications, agentIdRiskLevels } = policy.conditions
    if (isBeta || (clientApplications ?? agentIdRiskLevels) === undefined) return policy
    throw badRequest('1004: Conditions of agents are in the beta version only.')
  }
}

function policyOf({ content, key }: GraphRequest): ConditionalAccessPolicy {
  return content.conditionalAccessPolicies.find(({ id }) => id === key) ?? throwNotFound(key)
}

const showDefaults = ({ settings }: Entra) => ({
  id: '00000000-0000-0000-0000-000000000005',
  displayName: 'Security Defaults',
  isEnabled: settings.current.securityDefaults,
})

/** What each policy would decide about a sign-in (https://learn.microsoft.com/graph/api/conditionalaccessroot-evaluate). */
function whatIf({ entra, body, headers }: GraphRequest<Static<typeof Evaluation>>) {
  const { signInIdentity, signInContext, signInConditions = {}, appliedPoliciesOnly } = body
  const { directory } = entra
  const id = 'userId' in signInIdentity ? signInIdentity.userId : signInIdentity.agentServicePrincipalId
  const found = 'userId' in signInIdentity ? directory.user(id) : directory.principalById(id)
  const subject = subjectOf(entra, found ?? throwNotFound(id))
  const { agentIdRiskLevel = 'none', userRiskLevel = 'none' } = signInConditions
  const named = 'includeApplications' in signInContext ? signInContext.includeApplications : []
  const decisions = evaluate(directory.content.conditionalAccessPolicies, {
    subject: { ...subject, risk: subject.kind === 'user' ? userRiskLevel : agentIdRiskLevel },
    targets: named.flatMap(appId => targetsOf(directory.application(appId) ?? throwNotFound(appId))),
    contexts: 'authenticationContextValue' in signInContext ? [signInContext.authenticationContextValue] : [],
    appliesEveryTime: true,
  })
  // Callers get members that an enumeration has had from later only if they prefer it.
  const showReason = (reason: string) =>
    reason === 'agentIdRisk' && !String(headers['prefer']).includes('include-unknown-enum-members')
      ? 'unknownFutureValue'
      : reason
  const shown = decisions.filter(({ reason }) => !appliedPoliciesOnly || reason === 'notSet')
  return {
    '@odata.context':
      'https://graph.microsoft.com/beta/$metadata#Collection(microsoft.graph.whatIfAnalysisResult)',
    value: shown.map(({ policy, reason }) => ({
      ...policy,
      policyApplies: reason === 'notSet',
      analysisReasons: showReason(reason),
    })),
  }
}
