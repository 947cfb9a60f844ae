import { randomUUID } from 'node:crypto'
import { conditionalAccessPermission, policyReadPermission } from '../directory/graph-permissions.ts'
import {
  AuthenticationContextChange,
  ConditionalAccessPolicyChange,
  ConditionalAccessPolicyProperties,
} from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { requirePermission } from './caller.ts'
import { badRequest, notFound } from './graph-error.ts'
import type { GraphRoutes } from './routes.ts'

const contextPath = '/identity/conditionalAccess/authenticationContextClassReferences'
const readPermissions = [conditionalAccessPermission, policyReadPermission]
const policyPath = '/identity/conditionalAccess/policies'

/** Authentication contexts, and the policies that name them (https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy). */
export function addConditionalAccessRoutes(routes: GraphRoutes, entra: Entra): void {
  const content = () => entra.directory.content

  routes.list(
    contextPath,
    'identity/conditionalAccess/authenticationContextClassReferences',
    ({ caller }) => {
      requirePermission(caller, ...readPermissions)
      return content().authenticationContexts
    },
  )
  routes.get(`${contextPath}/:key`, ({ caller, key }) => {
    requirePermission(caller, ...readPermissions)
    return content().authenticationContexts.find(({ id }) => id === key) ?? notFound(key)
  })
  routes.change(`${contextPath}/:key`, AuthenticationContextChange, ({ body, caller, key }) => {
    requirePermission(caller, conditionalAccessPermission)
    if (!/^c[1-9][0-9]?$/.test(key)) throw badRequest('The id of an authentication context is c1 to c99.')
    const { authenticationContexts } = content()
    const known = authenticationContexts.find(({ id }) => id === key)
    if (known) Object.assign(known, body)
    else
      authenticationContexts.push({ id: key, displayName: '', description: '', isAvailable: false, ...body })
    return undefined
  })

  routes.list(policyPath, 'identity/conditionalAccess/policies', ({ caller }) => {
    requirePermission(caller, ...readPermissions)
    return content().conditionalAccessPolicies
  })
  routes.create(policyPath, ConditionalAccessPolicyProperties, ({ body, caller }) => {
    requirePermission(caller, conditionalAccessPermission)
    const policy = { ...body, id: randomUUID() }
    content().conditionalAccessPolicies.push(policy)
    return policy
  })
  routes.change(`${policyPath}/:key`, ConditionalAccessPolicyChange, ({ body, caller, key }) => {
    requirePermission(caller, conditionalAccessPermission)
    const policy = content().conditionalAccessPolicies.find(({ id }) => id === key) ?? notFound(key)
    Object.assign(policy, body)
  })
  routes.remove(`${policyPath}/:key`, ({ caller, key }) => {
    requirePermission(caller, conditionalAccessPermission)
    const policies = content().conditionalAccessPolicies
    const others = policies.filter(({ id }) => id !== key)
    if (others.length === policies.length) notFound(key)
    content().conditionalAccessPolicies = others
  })
}
