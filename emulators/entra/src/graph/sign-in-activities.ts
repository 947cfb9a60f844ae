import { auditLogPermission } from '../directory/graph-permissions.ts'
import type { Entra } from '../entra.ts'
import { requirePermission } from './caller.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRoutes } from './routes.ts'

/** The reports of when something was used last, which beta alone has. */
export function addSignInActivityRoutes(routes: GraphRoutes, entra: Entra, version: GraphVersion): void {
  if (version !== 'beta') return
  routes.list(
    '/reports/servicePrincipalSignInActivities',
    'reports/servicePrincipalSignInActivities',
    ({ caller }) => {
      requirePermission(caller, auditLogPermission)
      return entra.signInActivities.ofClients()
    },
  )
  routes.list(
    '/reports/appCredentialSignInActivities',
    'reports/appCredentialSignInActivities',
    ({ caller }) => {
      requirePermission(caller, auditLogPermission)
      return entra.signInActivities.ofSecrets(entra.directory)
    },
  )
}
