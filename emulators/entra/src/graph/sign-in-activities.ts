import { auditLogPermission } from '../directory/graph-permissions.ts'
import type { Entra } from '../entra.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRoutes } from './routes.ts'

/** Only Graph's beta has these reports: when each client, and when each secret, was last used. */
export function addSignInActivityRoutes(routes: GraphRoutes, entra: Entra, version: GraphVersion): void {
  if (version !== 'beta') return
  const reports = routes.for(auditLogPermission)
  reports.list('/reports/servicePrincipalSignInActivities', () => entra.signInActivities.ofClients())
  reports.list('/reports/appCredentialSignInActivities', () =>
    entra.signInActivities.ofSecrets(entra.directory),
  )
}
