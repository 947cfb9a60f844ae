import { auditLogPermission } from '../directory/graph-permissions.ts'
import type { Entra } from '../entra.ts'
import type { GraphVersion } from './paths.ts'
import type { GraphRoutes } from './routes.ts'

/** The reports of when clients and secrets were used last, which only beta has. */
export function addSignInActivityRoutes(routes: GraphRoutes, entra: Entra, version: GraphVersion): void {
  if (version !== 'beta') return
  const reports = routes.for(auditLogPermission)
  reports.list('/reports/servicePrincipalSignInActivities', () => entra.signInActivities.ofClients())
  reports.list('/reports/appCredentialSignInActivities', () =>
    entra.signInActivities.ofSecrets(entra.directory),
  )
}
