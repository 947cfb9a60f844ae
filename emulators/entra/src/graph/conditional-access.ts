import { randomUUID } from 'node:crypto'
import { conditionalAccessPermission, policyReadPermission } from '../directory/graph-permissions.ts'
import { ConditionalAccessPolicyProperties } from '../directory/objects.ts'
import type { GraphRoutes } from './routes.ts'

const path = '/identity/conditionalAccess/policies'

/** Policies for authentication contexts (https://learn.microsoft.com/graph/api/resources/conditionalaccesspolicy). */
export function addConditionalAccessRoutes(routes: GraphRoutes): void {
  routes
    .for(conditionalAccessPermission, policyReadPermission)
    .list(path, ({ entra }) => entra.directory.content.conditionalAccessPolicies)
  routes
    .for(conditionalAccessPermission)
    .create(path, ConditionalAccessPolicyProperties, ({ entra, body }) => {
      const policy = { ...body, id: randomUUID() }
      entra.directory.content.conditionalAccessPolicies.push(policy)
      return policy
    })
}
