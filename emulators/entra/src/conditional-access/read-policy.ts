import type { Static } from 'typebox'
import { ConditionalAccessPolicyProperties } from '../directory/policies.ts'
import { type Fault, hasShape } from '../errors/shape.ts'
import { isRule } from './attribute-filter.ts'

/** What Entra decides of a policy, and an export has, too. */
const readOnly = {
  id: undefined,
  createdDateTime: undefined,
  modifiedDateTime: undefined,
  templateId: undefined,
}

/** Reads a policy in the shape of Graph's beta, perhaps exported by a tenant. Without faults there is a policy. */
export function readPolicy(given: object, title: string, fault: Fault) {
  const policy = withoutEmpty({ ...given, ...readOnly })
  if (!hasShape(ConditionalAccessPolicyProperties, policy, title, fault)) return undefined
  const wrong = whyWrong(policy.conditions)
  if (wrong === undefined) return policy
  fault(`${title}: ${wrong}`)
  return undefined
}

function whyWrong({
  users,
  clientApplications,
}: Static<typeof ConditionalAccessPolicyProperties>['conditions']) {
  // An export of a policy for agents names nobody among the users.
  const isForUsers = users?.includeUsers.some(one => one !== 'None')
  if (isForUsers ? clientApplications : (users ?? clientApplications) === undefined)
    return 'either users or clientApplications is required'
  const { rule } = clientApplications?.agentIdServicePrincipalFilter ?? {}
  if (rule === undefined || isRule(rule)) return undefined
  return 'a filter compares custom security attributes with texts, joined by -and or by -or'
}

/** Without what says nothing, down to some depth: `null`, empty lists and objects, and notes of OData. */
function withoutEmpty(value: unknown, depth = 8): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth === 0) return value
  const members = Object.entries(value).map(
    ([name, inner]) => [name, withoutEmpty(inner, depth - 1)] as const,
  )
  const isEmpty = (inner: unknown) =>
    Object.keys(inner ?? {}).length === 0 && typeof (inner ?? {}) === 'object'
  return Object.fromEntries(members.filter(([name, inner]) => !name.includes('@odata.') && !isEmpty(inner)))
}
