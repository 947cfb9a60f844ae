import { X509Certificate } from 'node:crypto'
import { resolve } from 'node:path'
import * as wellKnown from '@entra-agents/trace/well-known'
import type { Resource } from '../directory/directory.ts'
import { agentClaims, stableId } from '../directory/microsoft.ts'
import {
  type Application,
  newApplication,
  newRole,
  newScope,
  newServicePrincipal,
  seededAt,
} from '../directory/objects.ts'
import { quote } from '../errors/shape.ts'
import type { TenantDraft } from './draft.ts'
import { readSmallFile } from './file.ts'
import type { Claims, RegistrationEntry } from './schema.ts'
import type { Named } from './shape.ts'

/** Registers an application or a blueprint, with its principal. @param properties what only one of the two kinds has */
export function register(
  draft: TenantDraft,
  named: Named<RegistrationEntry>,
  properties: Partial<Application>,
): Resource {
  const { name, title, entry } = named
  const application = { ...makeApplication(draft, named), ...properties }
  const { appId, displayName } = application
  const id = draft.ids.of(`principal of ${title}`, entry.principalId)
  draft.ids.claim(`the name ${quote(name)}`, title)
  const kind = application.kind === 'application' ? 'servicePrincipal' : 'agentIdentityBlueprintPrincipal'
  const resource = { application, principal: newServicePrincipal({ id, appId, displayName, kind }) }
  addResource(draft, resource)
  if (!draft.apis.has(name)) draft.apis.set(name, resource)
  return resource
}

export function addResource({ content }: TenantDraft, { application, principal }: Resource): void {
  content.applications.push(application)
  content.servicePrincipals.push(principal)
}

function makeApplication(draft: TenantDraft, { name, title, entry }: Named<RegistrationEntry>): Application {
  const { ids } = draft
  const appId = ids.of(title, entry.id)
  const { scopes = [], roles = [], optionalClaims } = entry
  const permissionId = (kind: string, { value, id }: { value: string; id?: string }) =>
    ids.of(`${kind} ${quote(value)} of ${title}`, id)
  const isApi = scopes.length + roles.length > 0
  const identifierUris = [...(isApi ? [`api://${appId}`] : []), ...(entry.identifierUris ?? [])]
  for (const uri of identifierUris) ids.claim(`the URI ${uri.toLowerCase()}`, title)
  return newApplication({
    appId,
    displayName: entry.displayName ?? name,
    identifierUris,
    api: {
      requestedAccessTokenVersion: entry.tokenVersion ?? 2,
      oauth2PermissionScopes: scopes.map(inFull('value')).map(scope => ({
        ...newScope(permissionId('scope', scope), scope.value, scope.description),
        type: scope.type ?? 'User',
      })),
      preAuthorizedApplications: [],
      ...(entry.acceptMappedClaims ? { acceptMappedClaims: true } : {}),
    },
    appRoles: roles.map(inFull('value')).map(role => ({
      ...newRole(permissionId('role', role), role.value),
      description: role.description ?? role.value,
      allowedMemberTypes: role.allowedMemberTypes ?? ['Application', 'User'],
    })),
    optionalClaims: optionalClaims ? makeOptionalClaims(optionalClaims) : null,
    passwordCredentials: [entry.secret ?? []].flat().map((secretText, index) => ({
      ...{ keyId: stableId(`${appId} secret ${index}`), displayName: null, secretText },
      ...{ startDateTime: seededAt, endDateTime: '2999-01-01T00:00:00Z' },
    })),
    certificates: [entry.certificate ?? []].flat().flatMap(file => readCertificate(draft, title, file)),
    federatedIdentityCredentials: [entry.federatedCredential ?? []].flat().map(credential => ({
      ...{ id: stableId(`${appId} federated credential`), name: 'seed', description: null },
      ...{ issuer: credential.issuer, subject: credential.subject },
      audiences: [credential.audience ?? wellKnown.tokenExchangeUri],
    })),
  })
}

/** Turns the short form of an entry, its name, into the full one. */
function inFull<Key extends string>(key: Key) {
  return <Full extends object>(entry: string | Full) =>
    (typeof entry === 'string' ? { [key]: entry } : entry) as Full
}

/** @param entry `agent` stands for what an API needs that agents call: who acts for whom, and the authentication contexts that were met */
function makeOptionalClaims(entry: NonNullable<RegistrationEntry['optionalClaims']>) {
  if (entry === 'agent') return { accessToken: [...agentClaims, ...makeClaims(['acrs'])], idToken: [] }
  return { accessToken: makeClaims(entry.accessToken), idToken: makeClaims(entry.idToken) }
}

function makeClaims(claims: Claims = []) {
  const defaults = { essential: false, additionalProperties: [] }
  return claims.map(inFull('name')).map(claim => ({ ...defaults, ...claim }))
}

function readCertificate({ folder, fault }: TenantDraft, title: string, file: string): readonly string[] {
  const tell = (sentence: string) => fault(`${title}: its certificate ${quote(file)} ${sentence}`)
  if (folder === null) tell('is a file, which only seed files can name: add it by Graph (keyCredentials)')
  const pem = folder === null ? undefined : readSmallFile(resolve(folder, file), tell)
  try {
    return pem === undefined ? [] : [new X509Certificate(pem).toString()]
  } catch {
    tell('is no certificate in PEM')
    return []
  }
}
