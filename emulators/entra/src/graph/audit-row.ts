import { randomUUID, X509Certificate } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { stableId } from '../directory/microsoft.ts'
import type { DirectoryContent, PermissionGrant, ServicePrincipal, User } from '../directory/objects.ts'
import type { AuditedObject, DirectoryAudit, ModifiedProperty } from '../logs/directory-audit.ts'
import { agentTypeOf } from '../logs/sign-in.ts'
import { inPascalCase } from '../logs/tables.ts'

/** As Entra writes it: with an en dash, and a blank at the end. */
const credentials = 'Update application – Certificates and secrets management '

/** What the audit log calls each write. */
const activities: Readonly<Record<string, string>> = {
  'POST /applications': 'Add application',
  'PATCH /applications/:key': 'Update application',
  'DELETE /applications/:key': 'Delete application',
  'POST /applications/:key/addPassword': credentials,
  'POST /applications/:key/removePassword': credentials,
  'POST /applications/:key/federatedIdentityCredentials': 'Update application',
  'PATCH /applications/:key/federatedIdentityCredentials/:part': 'Update application',
  'DELETE /applications/:key/federatedIdentityCredentials/:part': 'Update application',
  'POST /applications/:key/inheritablePermissions': 'Update application',
  'DELETE /applications/:key/inheritablePermissions/:part': 'Update application',
  'POST /applications/:key/owners/$ref': 'Add owner to application',
  'DELETE /applications/:key/owners/:part/$ref': 'Remove owner from application',
  'POST /applications/:key/sponsors/$ref': 'Add user sponsor',
  'DELETE /applications/:key/sponsors/:part/$ref': 'Remove user sponsor',
  'POST /servicePrincipals': 'Add service principal',
  'PATCH /servicePrincipals/:key': 'Update service principal',
  'DELETE /servicePrincipals/:key': 'Remove service principal',
  'POST /servicePrincipals/:key/owners/$ref': 'Add owner to service principal',
  'DELETE /servicePrincipals/:key/owners/:part/$ref': 'Remove owner from service principal',
  'POST /servicePrincipals/:key/sponsors/$ref': 'Add user sponsor',
  'DELETE /servicePrincipals/:key/sponsors/:part/$ref': 'Remove user sponsor',
  'POST /servicePrincipals/:key/appRoleAssignments': 'Add app role assignment to service principal',
  'DELETE /servicePrincipals/:key/appRoleAssignments/:part':
    'Remove app role assignment from service principal',
  'POST /oauth2PermissionGrants': 'Add delegated permission grant',
  'PATCH /oauth2PermissionGrants/:key': 'Update delegated permission grant',
  'DELETE /oauth2PermissionGrants/:key': 'Remove delegated permission grant',
  'POST /users': 'Add user',
  'PATCH /users/:key': 'Update user',
  'DELETE /users/:key': 'Delete user',
  'POST /users/:key/revokeSignInSessions': 'Update StsRefreshTokenValidFrom Timestamp',
  'POST /groups': 'Add group',
  'DELETE /groups/:key': 'Delete group',
  'POST /groups/:key/members/$ref': 'Add member to group',
  'DELETE /groups/:key/members/:part/$ref': 'Remove member from group',
  'POST /identity/conditionalAccess/policies': 'Add conditional access policy',
  'PATCH /identity/conditionalAccess/policies/:key': 'Update conditional access policy',
  'DELETE /identity/conditionalAccess/policies/:key': 'Delete conditional access policy',
}
/** These change nothing, or something that the audit log of the directory does not have. */
const unlogged = /^(POST|PATCH) \/(identity\/conditionalAccess\/evaluate|identityProtection\/|policies\/)/

/** The objects below the first part of an address, and how the log calls them. */
const kinds = new Map<string | undefined, readonly [AuditedObject['type'], keyof DirectoryContent]>([
  ['applications', ['Application', 'applications']],
  ['servicePrincipals', ['ServicePrincipal', 'servicePrincipals']],
  ['users', ['User', 'users']],
  ['groups', ['Group', 'groups']],
  ['identity', ['Policy', 'conditionalAccessPolicies']],
])
const categories = {
  Application: 'ApplicationManagement',
  ServicePrincipal: 'ApplicationManagement',
  User: 'UserManagement',
  Group: 'GroupManagement',
  Policy: 'Policy',
} as const

type Values = Readonly<Record<string, unknown>>
type DirectoryObject = DirectoryContent[keyof DirectoryContent][number]

/** Carries out the writes of a route with a row of each in the audit log, also of those that are refused. */
export function auditWrites(method: string, url: string) {
  const path = url.replace(/\/microsoft\.graph\.\w+/, '')
  const activity = activities[`${method} ${path}`]
  if (activity === undefined && !unlogged.test(`${method} ${path}`))
    throw new Error(`${method} ${path} has no name in the audit log.`)
  const [type, list] = kinds.get(path.split('/')[1]) ?? ['ServicePrincipal', 'servicePrincipals']
  const isPermission = /appRoleAssignments|oauth2PermissionGrants/.test(path)
  return <Answer extends object | undefined>(request: FastifyRequest, write: () => Answer): Answer => {
    if (activity === undefined) return write()
    const { entra, body } = request
    const { key = '' } = request.params as Readonly<Record<string, string>>
    const find = (id: string) =>
      entra.directory.content[list].find(one => namesOf(one).includes(id.toLowerCase()))
    const before = structuredClone(find(key))
    const permission = isPermission ? permissionOf(request) : undefined
    const log = (result: DirectoryAudit['result'], resultReason: string, id: string) => {
      const after = find(id)
      const target = { ...describe(type, after ?? before, id), modifiedProperties: changes(before, after) }
      entra.logs.audits.add({
        ...rowOf(request, Object(body).keyCredentials ? credentials : activity, initiatorOf(request)),
        ...{ category: categories[type], result, resultReason },
        targetResources: permission ?? [target],
      })
    }
    let answer: Answer
    try {
      answer = write()
    } catch (error) {
      log('failure', (error as Error).message, key)
      throw error
    }
    log('success', '', before ? key : String(Object(answer).id ?? key))
    return answer
  }
}

/** Logs a consent that was given at a page: a user's own or, as an administrator, for all users. */
export function auditConsent(
  request: FastifyRequest,
  principal: ServicePrincipal,
  by: User,
  { clientId, principalId, resourceId, consentType, scope }: Omit<PermissionGrant, 'id'>,
): void {
  const fields = Object.entries(inPascalCase({ clientId, principalId, resourceId, consentType, scope }))
  const granted = fields.map(([name, value]) => `${name}: ${value ?? ''}`).join(', ')
  const properties = {
    'ConsentContext.IsAdminConsent': principalId === null ? 'True' : 'False',
    'ConsentAction.Permissions': `[] => [[${granted}]]`,
  }
  const target = describe('ServicePrincipal', principal, principal.id)
  request.entra.logs.audits.add({
    ...rowOf(request, 'Consent to application', { app: null, user: userBy(request, by) }),
    ...{ category: categories.ServicePrincipal, result: 'success', resultReason: '' },
    targetResources: [{ ...target, modifiedProperties: changesBetween({}, properties) }],
  })
}

function rowOf(
  { entra, trace, headers }: FastifyRequest,
  activityDisplayName: string,
  initiatedBy: DirectoryAudit['initiatedBy'],
) {
  const [verb = ''] = activityDisplayName.split(' ')
  const isPolicy = activityDisplayName.includes('conditional access')
  return {
    ...{ id: `Directory_${randomUUID()}`, correlationId: trace.correlationId },
    activityDateTime: entra.clock.timestamp(),
    activityDisplayName,
    initiatedBy,
    operationType: verb === 'Remove' ? 'Delete' : verb,
    loggedByService: isPolicy ? 'Conditional Access' : 'Core Directory',
    additionalDetails: [{ key: 'User-Agent', value: headers['user-agent'] ?? '' }],
  }
}

function initiatorOf(request: FastifyRequest): DirectoryAudit['initiatedBy'] {
  const { caller, entra } = request
  const user = caller.userId === undefined ? undefined : entra.directory.user(caller.userId)
  if (caller.userId !== undefined) return { app: null, user: user ? userBy(request, user) : null }
  const principal = entra.directory.principal(caller.appId)
  const { displayName = '', id: servicePrincipalId = '' } = principal ?? {}
  const agent = {
    agentType: agentTypeOf(principal?.kind),
    blueprintId: principal?.agentIdentityBlueprintId ?? '',
  }
  return { app: { appId: caller.appId, displayName, servicePrincipalId, ...agent }, user: null }
}

const userBy = ({ ip }: FastifyRequest, { id, displayName, userPrincipalName }: User) => {
  return { id, displayName, userPrincipalName, ipAddress: ip }
}

/** All that an address may name an object by. */
function namesOf(one: DirectoryObject): readonly string[] {
  const names =
    'userPrincipalName' in one ? [one.userPrincipalName] : 'appId' in one ? [`appid=${one.appId}`] : []
  return [one.id, ...names]
}

function describe(type: AuditedObject['type'], one: Values | DirectoryObject | undefined, id: string) {
  const {
    displayName = '',
    userPrincipalName = null,
    ...object
  } = { id, ...one } as Partial<User> & { id: string }
  return { id: object.id, displayName, type, userPrincipalName }
}

/** The permission that a request gives or takes: the row's objects are the API and who has the permission there. */
function permissionOf({ entra, method, params, body }: FastifyRequest): readonly AuditedObject[] {
  const { directory } = entra
  const { key, part } = params as Readonly<Record<string, string>>
  const known =
    directory.content.appRoleAssignments.find(({ id }) => id === part) ??
    directory.content.permissionGrants.find(({ id }) => id === key)
  const { resourceId, ...wanted } = Object({ ...known, ...(body as object) }) as Record<
    string,
    string | undefined
  >
  const holderId = wanted['clientId'] ?? wanted['principalId'] ?? ''
  const [resource, holder] = [directory.principalById(resourceId ?? ''), directory.principalById(holderId)]
  const roles = directory.application(resource?.appId ?? '')?.appRoles
  const role = roles?.find(({ id }) => id === wanted['appRoleId'])
  const values = ({ scope, consentType }: Partial<PermissionGrant>) => ({
    ...(scope === undefined
      ? { 'AppRole.Id': wanted['appRoleId'], 'AppRole.Value': role?.value }
      : { 'DelegatedPermissionGrant.Scope': scope, 'DelegatedPermissionGrant.ConsentType': consentType }),
    'ServicePrincipal.ObjectID': holderId,
    'ServicePrincipal.DisplayName': holder?.displayName,
  })
  const modifiedProperties = changesBetween(
    known ? values(known as Partial<PermissionGrant>) : {},
    method === 'DELETE' ? {} : values(wanted),
  )
  return [
    { ...describe('ServicePrincipal', resource, resourceId ?? ''), modifiedProperties },
    { ...describe('ServicePrincipal', holder, holderId), modifiedProperties: [] },
  ]
}

const changes = (before: DirectoryObject | undefined, after: DirectoryObject | undefined) =>
  changesBetween(valuesOf(before), valuesOf(after))

/** An object's properties as the log shows them: lists, and of a secret or certificate only its id. */
function valuesOf(one: DirectoryObject | undefined): Values {
  if (!one) return {}
  const {
    id: _id,
    passwordCredentials = [],
    certificates = [],
    ...others
  } = one as Values & {
    readonly passwordCredentials?: readonly { readonly keyId: string; readonly displayName: string | null }[]
    readonly certificates?: readonly string[]
  }
  const keys = [
    ...passwordCredentials.map(({ keyId, displayName }) =>
      keyDescription(keyId, 'Password', displayName ?? ''),
    ),
    ...certificates.map(pem => {
      const { fingerprint256, subject } = new X509Certificate(pem)
      return keyDescription(stableId(fingerprint256), 'AsymmetricX509Cert', subject.replaceAll('\n', ', '))
    }),
  ]
  const lists = Object.entries(others).map(([name, value]) => [name, Array.isArray(value) ? value : [value]])
  return { ...inPascalCase(Object.fromEntries(lists)), KeyDescription: keys }
}

const keyDescription = (id: string, type: string, name: string) =>
  `[KeyIdentifier=${id},KeyType=${type},KeyUsage=Verify,DisplayName=${name}]`

const longestValue = 4_000

function changesBetween(before: Values, after: Values): ModifiedProperty[] {
  const json = (value: unknown) => JSON.stringify(value ?? []).slice(0, longestValue)
  return Object.keys({ ...before, ...after })
    .map(displayName => {
      return { displayName, oldValue: json(before[displayName]), newValue: json(after[displayName]) }
    })
    .filter(({ oldValue, newValue }) => oldValue !== newValue)
}
