import type { Application, ConditionalAccessPolicy, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { contextsChallenge } from './claims.ts'

/** For this long after a second factor, even a policy with “every time” does not demand it again. */
const everyTimeToleranceMs = 5 * 60_000

export interface SignInFacts {
  readonly user: User
  /** When the user last proved a second factor in this session, in milliseconds since 1970. */
  readonly secondFactorAtMs: number | undefined
  /**
   * Whether “every time” policies apply. They do not when a confidential client gets a token in the user's absence.
   * https://learn.microsoft.com/entra/identity/conditional-access/concept-session-lifetime
   */
  readonly appliesEveryTime: boolean
}

/** The enabled policies for this user that name one of these contexts and that the sign-in does not meet. */
export function unmetPolicies(entra: Entra, contexts: readonly string[], facts: SignInFacts) {
  return contexts
    .flatMap(context => policiesOf(entra, context, facts.user))
    .filter(policy => !meetsPolicy(entra, policy, facts))
}

/**
 * The contexts of an access token: all that were requested, and, if the API has the optional claim `acrs`, those whose policies are
 * met (https://learn.microsoft.com/entra/identity-platform/developer-guide-conditional-access-authentication-context).
 * @throws {EntraError} 50076 with a claims challenge if a policy of a requested context is not met
 */
export function grantContexts(
  entra: Entra,
  { appId, optionalClaims }: Application,
  asked: readonly string[],
  facts: SignInFacts,
): readonly string[] {
  if (unmetPolicies(entra, asked, facts).length > 0)
    throw refusal(50076, { resource: appId }, { claims: contextsChallenge(asked) })
  const isWanted = optionalClaims?.accessToken.some(({ name }) => name === 'acrs') === true
  const met = entra.directory.content.conditionalAccessPolicies
    .flatMap(({ conditions }) => conditions.applications.includeAuthenticationContextClassReferences)
    .filter(
      id => policiesOf(entra, id, facts.user).length > 0 && unmetPolicies(entra, [id], facts).length === 0,
    )
  return [...new Set([...asked, ...(isWanted ? met : [])])]
}

function policiesOf({ directory }: Entra, context: string, { id }: User): readonly ConditionalAccessPolicy[] {
  return directory.content.conditionalAccessPolicies.filter(
    ({ state, conditions: { applications, users } }) => {
      const isNamed = applications.includeAuthenticationContextClassReferences.includes(context)
      const isIncluded = users.includeUsers.includes('All') || users.includeUsers.includes(id)
      return state === 'enabled' && isNamed && isIncluded && !users.excludeUsers.includes(id)
    },
  )
}

/** Whether a sign-in meets a policy. Every policy in this emulator demands a second factor. */
function meetsPolicy(
  { clock }: Entra,
  { sessionControls }: ConditionalAccessPolicy,
  { secondFactorAtMs, appliesEveryTime }: SignInFacts,
): boolean {
  if (secondFactorAtMs === undefined) return false
  const { isEnabled, frequencyInterval } = sessionControls?.signInFrequency ?? {}
  const isEveryTime = isEnabled === true && frequencyInterval === 'everyTime'
  return !(isEveryTime && appliesEveryTime) || clock.nowMs() - secondFactorAtMs <= everyTimeToleranceMs
}
