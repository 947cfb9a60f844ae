import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { type EntraError, refusal } from '../errors/entra-error.ts'
import { contextsChallenge, policiesChallenge } from './claims.ts'
import { blocks, type Decision, evaluate, type SignInFacts, type Subject } from './evaluate.ts'

/** The agent, user or application that a token is about. @param who a user, or the client that gets a token as itself */
export function subjectOf(entra: Entra, who: User | ServicePrincipal): Subject {
  const { id } = who
  const risk = entra.risks.levelOf(id)
  if ('userPrincipalName' in who)
    return who.identityParentId === undefined
      ? { kind: 'user', names: ['All', id], attributes: {}, risk }
      : { kind: 'agentUser', names: ['AllAgentIdUsers', id], attributes: {}, risk }
  const { kind, agentIdentityBlueprintId: blueprint, customSecurityAttributes: attributes = {} } = who
  if (kind !== 'agentIdentity') return { kind: 'application', names: [], attributes, risk }
  const parent = blueprint === null ? [] : [blueprint, entra.directory.principal(blueprint)?.id ?? blueprint]
  return { kind: 'agent', names: ['All', id, ...parent], attributes, risk }
}

/** The values by which a policy can name an API. */
export function targetsOf({ appId, kind }: Application): readonly string[] {
  return ['All', appId, ...(kind === 'agentIdentityBlueprint' ? ['AllAgentIdResources'] : [])]
}

/** What all policies decide; none applies in a tenant with security defaults. */
export function decide({ settings, directory }: Entra, facts: SignInFacts): readonly Decision[] {
  return settings.current.securityDefaults ? [] : evaluate(directory.content.conditionalAccessPolicies, facts)
}

/**
 * The refusal of a sign-in that policies do not let pass; `undefined` if they do. A block wins over a second factor. Only users'
 * refusals name the policies: whether agents' do is not known.
 */
export function refusalBy(
  decisions: readonly Decision[],
  { subject, contexts }: SignInFacts,
  { appId: resource }: Application,
): EntraError | undefined {
  const failed = decisions.filter(({ result }) => result === 'failure').map(({ policy }) => policy)
  const blocking = failed.filter(blocks)
  const ids = (blocking.length > 0 ? blocking : failed).map(({ id }) => id)
  if (blocking.length > 0)
    return refusal(53003, {}, subject.kind === 'user' ? { claims: policiesChallenge(ids) } : {})
  if (failed.length === 0) return undefined
  const isByContext = failed.some(({ conditions: { applications } }) =>
    applications.includeAuthenticationContextClassReferences?.some(context => contexts.includes(context)),
  )
  const claims = isByContext ? contextsChallenge(contexts) : policiesChallenge(ids)
  return refusal(50076, { resource }, { claims })
}

/**
 * The contexts of a user's access token: all that were requested, and, if the API has the optional claim `acrs`, those whose policies
 * are met (https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context).
 */
export function contextsToGrant(
  entra: Entra,
  { optionalClaims }: Application,
  facts: SignInFacts,
): readonly string[] {
  if (!optionalClaims?.accessToken.some(({ name }) => name === 'acrs')) return facts.contexts
  const known = entra.directory.content.conditionalAccessPolicies.flatMap(
    ({ conditions }) => conditions.applications.includeAuthenticationContextClassReferences ?? [],
  )
  const met = known.filter(context => {
    const results = decide(entra, { ...facts, targets: [], contexts: [context] }).map(one => one.result)
    return results.includes('success') && !results.includes('failure')
  })
  return [...new Set([...facts.contexts, ...met])]
}
