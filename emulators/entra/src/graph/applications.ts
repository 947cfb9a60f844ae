import { randomUUID, X509Certificate } from 'node:crypto'
import type { Static } from 'typebox'
import { stableId } from '../directory/microsoft.ts'
import { type Application, newApplication } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { applicationPermission, badRequest, GraphError, requireByKind, requirePermission } from './access.ts'
import { ApplicationPatch, type KeyCredential, NewApplication } from './bodies.ts'
import { readBoundUsers } from './odata.ts'
import { lookUpMisses } from './replication.ts'
import type { GraphRequest, GraphRoutes } from './routes.ts'

/** Of those who may change the credentials of blueprints. */
export const credentialPermission = 'AgentIdentityBlueprint.AddRemoveCreds.All'

const readPermission = 'AgentIdentityBlueprint.Read.All'

/** `/applications`, blueprints included (https://learn.microsoft.com/graph/api/resources/application). */
export function addApplicationRoutes(routes: GraphRoutes): void {
  // As users report, a filter on all applications does not find blueprints in Entra.
  for (const kind of ['application', 'agentIdentityBlueprint'] as const) {
    const path = kind === 'application' ? '/applications' : `/applications/microsoft.graph.${kind}`
    const list: Parameters<typeof routes.list>[1] = ({ entra, content, caller }) => {
      requireByKind(caller, { kind }, readPermission)
      const found = content.applications.filter(one => one.kind === kind && !lookUpMisses(entra, one))
      return found.map(one => showApplication(entra, one))
    }
    routes.list(path, list, 'applications')
    routes.create(path, NewApplication, request => createApplication(request, kind))
  }
  routes.get('/applications/:key', ({ entra, caller, application }) => {
    const isBlueprint = application.kind === 'agentIdentityBlueprint'
    requirePermission(caller, applicationPermission, ...(isBlueprint ? [readPermission] : []))
    return showApplication(entra, application)
  })
  routes.change('/applications/:key', ApplicationPatch, ({ entra, body, caller, application }) => {
    const isRenaming = body.displayName !== undefined || body.description !== undefined
    const what = isRenaming ? 'UpdateBranding' : 'UpdateAuthProperties'
    requireByKind(caller, application, `AgentIdentityBlueprint.${what}.All`)
    if (body.keyCredentials) requireByKind(caller, application, credentialPermission)
    changeApplication(entra, application, body)
  })
  routes.remove('/applications/:key', ({ entra, content, caller, application: gone }) => {
    requireByKind(caller, gone, 'AgentIdentityBlueprint.DeleteRestore.All')
    content.applications = content.applications.filter(known => known !== gone)
    // Deleting a blueprint deletes its agents too.
    for (const principal of content.servicePrincipals) {
      if (principal.appId === gone.appId || principal.agentIdentityBlueprintId === gone.appId)
        entra.directory.remove(principal)
    }
  })
}

function createApplication(request: GraphRequest<NewApplication>, kind: Application['kind']) {
  const { entra, content, caller, body } = request
  requireByKind(caller, { kind }, 'AgentIdentityBlueprint.Create')
  const isBlueprint = kind === 'agentIdentityBlueprint'
  if (entra.settings.current.demandsServiceManagementReference && !body.serviceManagementReference)
    throw badRequest(
      'ServiceManagementReference field is required for Create, but is missing in the request.',
    )
  const { 'sponsors@odata.bind': sponsors, 'owners@odata.bind': owners, ...properties } = body
  const appId = randomUUID()
  const application = newApplication({
    // A blueprint's object id equals its client id.
    id: isBlueprint ? appId : randomUUID(),
    appId,
    kind,
    displayName: body.displayName,
    createdDateTime: entra.clock.timestamp(),
    sponsors: readBoundUsers(entra, sponsors),
    // Whoever makes an application owns it.
    owners: [...new Set([...readBoundUsers(entra, owners), ...(caller.userId ? [caller.userId] : [])])],
  })
  if (isBlueprint && application.sponsors.length === 0)
    throw badRequest('At least one sponsor is required for an agent identity blueprint.')
  changeApplication(entra, application, properties)
  content.applications.push(application)
  return showApplication(entra, application)
}

/** Applies a PATCH wholly, or refuses it and changes nothing. */
function changeApplication(
  entra: Entra,
  application: Application,
  { api = {}, keyCredentials, ...properties }: Static<typeof ApplicationPatch>,
): void {
  if (application.kind === 'agentIdentityBlueprint' && properties.spa)
    throw new GraphError('AgentBlueprint_IncompatibleProperty', "A blueprint has no property 'spa'.")
  checkIdentifierUris(entra, application, properties.identifierUris)
  checkRemovals(application.api.oauth2PermissionScopes, api.oauth2PermissionScopes)
  checkRemovals(application.appRoles, properties.appRoles)

  const certificates = keyCredentials?.map(credential => readCertificate(application, credential))

  const { requestedAccessTokenVersion: version } = api
  // As users report, Entra empties the identifier URIs when the token version goes back from 2.
  if (application.api.requestedAccessTokenVersion === 2 && version !== undefined && version !== 2)
    application.identifierUris = []
  Object.assign(application, properties, { api: { ...application.api, ...api } })
  application.certificates = certificates ?? application.certificates
}

/** Refuses URIs that contain neither the application's id nor the tenant's, since they need a verified domain. */
function checkIdentifierUris(entra: Entra, application: Application, uris: readonly string[] = []): void {
  for (const uri of uris) {
    const own = [`api://${application.appId}`, `api://${entra.config.tenantId}/`]
    if (!own.some(prefix => uri.toLowerCase().startsWith(prefix)))
      throw new GraphError(
        'HostNameNotOnVerifiedDomain',
        `Values of identifierUris property must use a verified domain of the organization or its subdomain: '${uri}'.`,
      )
  }
}

type Entitlements = readonly Readonly<{ id: string; isEnabled: boolean }>[]

function checkRemovals(now: Entitlements, wanted: Entitlements | undefined): void {
  const removed = now.find(({ id, isEnabled }) => isEnabled && !wanted?.some(kept => kept.id === id))
  if (wanted === undefined || !removed) return
  throw new GraphError(
    'CannotDeleteOrUpdateEnabledEntitlement',
    'Permission (scope or role) cannot be deleted or updated unless disabled first.',
  )
}

/** The certificate that a key credential has or, without one, that the application has under its id. As PEM. */
function readCertificate({ certificates }: Application, { key, keyId }: KeyCredential): string {
  const known = certificates.find(pem => showCertificate(pem).keyId === keyId)
  if (!key && known) return known
  try {
    return new X509Certificate(Buffer.from(key ?? '', 'base64')).toString()
  } catch {
    throw badRequest('Key credential: the value of key is no X.509 certificate in base64.')
  }
}

function showCertificate(pem: string) {
  const { fingerprint256: customKeyIdentifier, subject, validTo } = new X509Certificate(pem)
  const keyId = stableId(customKeyIdentifier)
  const endDateTime = new Date(validTo).toISOString()
  const displayName = subject.replaceAll('\n', ', ')
  return { keyId, customKeyIdentifier, displayName, endDateTime, type: 'AsymmetricX509Cert' }
}

/** An application as Graph shows it: without the values of secrets. */
function showApplication(entra: Entra, application: Application) {
  const { kind, passwordCredentials, certificates, sponsors, owners, ...others } = application
  const { federatedIdentityCredentials, inheritablePermissions, ...shown } = others
  const isBlueprint = kind === 'agentIdentityBlueprint'
  return {
    ...(isBlueprint ? { '@odata.type': '#microsoft.graph.agentIdentityBlueprint' } : {}),
    ...shown,
    publisherDomain: entra.config.domain,
    keyCredentials: certificates.map(showCertificate),
    passwordCredentials: passwordCredentials
      .filter(credential => !lookUpMisses(entra, credential))
      .map(({ secretText, ...rest }) => ({ ...rest, hint: secretText.slice(0, 3), secretText: null })),
  }
}
