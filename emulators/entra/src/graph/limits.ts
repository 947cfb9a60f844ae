import type { Entra } from '../entra.ts'
import { GraphError } from './graph-error.ts'

/** As Entra limits a tenant, if smaller; they also bound this process’s memory. */
export const limits = {
  objects: 2_000,
  blueprints: 100,
  agentsPerBlueprint: 250,
  federatedCredentialsPerApplication: 20,
  passwordsPerApplication: 20,
} as const

/** Refuses to let the tenant grow beyond its quota. */
export function checkQuota({ directory: { content } }: Entra): void {
  const { applications, servicePrincipals, appRoleAssignments, permissionGrants } = content
  const lists = [applications, servicePrincipals, appRoleAssignments, permissionGrants]
  if (lists.reduce((sum, list) => sum + list.length, 0) < limits.objects) return
  throw new GraphError(
    403,
    'Agent_Directory_QuotaExceeded',
    'The directory object quota limit for the tenant has been exceeded.',
  )
}
