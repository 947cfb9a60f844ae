import { randomUUID } from 'node:crypto'
import { conditionalAccessPermission, policyReadPermission } from '../directory/graph-permissions.ts'
import {
  AuthenticationContextChange,
  ConditionalAccessPolicyChange,
  ConditionalAccessPolicyProperties,
} from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { badRequest, notFound } from './graph-error.ts'
import type { GraphRoutes } from './routes.ts'

const contextPath = '/identity/conditionalAccess/authenticationContextClassReferences'
const policyPath = '/identity/conditionalAccess/policies'

/** Authentication contexts, and the policies that name them (https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy). */
export function addConditionalAccessRoutes(routes: GraphRoutes, entra: Entra): void {
  const content = () => entra.directory.content
  const findPolicy = (key: string) =>
    content().conditionalAccessPolicies.find(({ id }) => id === key) ?? notFound(key)
  const readers = routes.for(conditionalAccessPermission, policyReadPermission)
  const writers = routes.for(conditionalAccessPermission)

  readers.list(contextPath, () => content().authenticationContexts)
  readers.get(
    `${contextPath}/:key`,
    ({ key }) => content().authenticationContexts.find(({ id }) => id === key) ?? notFound(key),
  )
  writers.change(`${contextPath}/:key`, AuthenticationContextChange, ({ body, key }) => {
    if (!/^c[1-9][0-9]?$/.test(key)) throw badRequest('The id of an authentication context is c1 to c99.')
    const { authenticationContexts } = content()
    const known = authenticationContexts.find(({ id }) => id === key)
    if (known) Object.assign(known, body)
    else
      authenticationContexts.push({ id: key, displayName: '', description: '', isAvailable: false, ...body })
    return undefined
  })

  readers.list(policyPath, () => content().conditionalAccessPolicies)
  writers.create(policyPath, ConditionalAccessPolicyProperties, ({ body }) => {
    const policy = { ...body, id: randomUUID() }
    content().conditionalAccessPolicies.push(policy)
    return policy
  })
  writers.change(`${policyPath}/:key`, ConditionalAccessPolicyChange, ({ body, key }) => {
    Object.assign(findPolicy(key), body)
  })
  writers.remove(`${policyPath}/:key`, ({ key }) => {
    const gone = findPolicy(key)
    content().conditionalAccessPolicies = content().conditionalAccessPolicies.filter(one => one !== gone)
  })
}
