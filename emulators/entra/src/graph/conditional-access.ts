import { randomUUID } from 'node:crypto'
import { conditionalAccessPermission, policyReadPermission } from '../directory/graph-permissions.ts'
import { ConditionalAccessPolicyProperties } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import type { GraphRoutes } from './routes.ts'

const path = '/identity/conditionalAccess/policies'

/** Policies for authentication contexts (https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy). */
export function addConditionalAccessRoutes(routes: GraphRoutes, entra: Entra): void {
  const policies = () => entra.directory.content.conditionalAccessPolicies
  routes.for(conditionalAccessPermission, policyReadPermission).list(path, policies)
  routes.for(conditionalAccessPermission).create(path, ConditionalAccessPolicyProperties, ({ body }) => {
    const policy = { ...body, id: randomUUID() }
    policies().push(policy)
    return policy
  })
}
