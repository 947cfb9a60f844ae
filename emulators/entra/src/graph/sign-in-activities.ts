import { auditLogPermission } from '../directory/graph-permissions.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRoutes } from './routes.ts'

/** Adds the reports that tell when each client and each secret was last used. Only Graph's beta has them. */
export function addSignInActivityRoutes(routes: GraphRoutes, version: GraphVersion): void {
  if (version !== 'beta') return
  const reports = routes.for(auditLogPermission)
  reports.list('/reports/servicePrincipalSignInActivities', ({ entra }) => entra.signInActivities.ofClients())
  reports.list('/reports/appCredentialSignInActivities', ({ entra }) =>
    entra.signInActivities.ofSecrets(entra.directory),
  )
}
