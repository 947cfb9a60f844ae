import { randomUUID } from 'node:crypto'
import { strictObject } from '@entra-agents/emulator-kit'
import { type Static, Type } from 'typebox'
import { isRule } from '../conditional-access/attribute-filter.ts'
import { evaluate } from '../conditional-access/evaluate.ts'
import { subjectOf, targetsOf } from '../conditional-access/sign-in.ts'
import { type ConditionalAccessPolicy, ConditionalAccessPolicyProperties } from '../directory/policies.ts'
import type { Entra } from '../entra.ts'
import { badRequest, throwNotFound } from './access.ts'
import { without } from './odata.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

const root = '/identity/conditionalAccess'
export const policiesPath = `${root}/policies`
const defaultsPath = '/policies/identitySecurityDefaultsEnforcementPolicy'

const PolicyPatch = strictObject(Type.Partial(ConditionalAccessPolicyProperties).properties)
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
  writers.create(policiesPath, ConditionalAccessPolicyProperties, ({ content, body }) => {
    check(body)
    const policy = { ...body, id: randomUUID() }
    content.conditionalAccessPolicies.push(policy)
    return policy
  })
  writers.change(`${policiesPath}/:key`, PolicyPatch, request => {
    const policy = policyOf(request)
    check({ ...policy, ...request.body })
    Object.assign(policy, request.body)
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
  if (isBeta) evaluators.act(`${root}/evaluate`, Evaluation, ({ entra, body }) => whatIf(entra, body))

  /** Version 1.0 knows nothing of agents. */
  function show(policy: ConditionalAccessPolicy) {
    if (isBeta) return policy
    const { clientApplications: _agents, agentIdRiskLevels: _levels, ...conditions } = policy.conditions
    return { ...policy, conditions }
  }

  function check({ conditions, grantControls }: Static<typeof ConditionalAccessPolicyProperties>): void {
    const { users, clientApplications: agents, agentIdRiskLevels } = conditions
    if (!isBeta && (agents ?? agentIdRiskLevels) !== undefined)
      throw badRequest('1004: Conditions of agents are in the beta version only.')
    if ((users === undefined) === (agents === undefined))
      throw badRequest('1004: Either users or clientApplications is required.')
    const { rule } = agents?.agentIdServicePrincipalFilter ?? {}
    if (rule !== undefined && !isRule(rule))
      throw badRequest(
        'Emulator: a filter compares custom security attributes with texts, joined by -and or by -or.',
      )
    if (grantControls.builtInControls.length !== 1) throw badRequest('1004: One control is required.')
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
function whatIf(entra: Entra, body: Static<typeof Evaluation>) {
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
  const shown = decisions.filter(({ reason }) => !appliedPoliciesOnly || reason === 'notSet')
  return {
    '@odata.context':
      'https://graph.microsoft.com/beta/$metadata#Collection(microsoft.graph.whatIfAnalysisResult)',
    value: shown.map(({ policy, reason }) => ({
      ...policy,
      policyApplies: reason === 'notSet',
      analysisReasons: reason,
    })),
  }
}
