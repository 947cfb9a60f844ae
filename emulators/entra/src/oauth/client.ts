import * as wellKnown from '@entra-agents/trace/well-known'
import type { Decision } from '../conditional-access/evaluate.ts'
import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { type EntraError, refusal } from '../errors/entra-error.ts'
import { propertySeenByLookUp } from '../graph/replication.ts'
import type { ClientAuthentication, TargetResource } from '../tokens/access-token.ts'
import { checkClientAssertion, checkExchangeToken } from './assertions.ts'
import type { Form } from './form.ts'

const jwtBearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const tenantPattern =
  /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z0-9-]+(\.[a-z0-9-]+)+|common|organizations|consumers)$/i

const noApplication = '00000000-0000-0000-0000-000000000000'

/** Whether a URL names no tenant: users of any organization may sign in, at applications that are for all of them. */
export function isSharedEndpoint(tenant: string): boolean {
  return ['common', 'organizations'].includes(tenant.toLowerCase())
}

/** Refuses URLs with another tenant than the emulated one, which has an id and a verified domain. */
export function checkTenant(entra: Entra, tenant: string): void {
  if ([entra.config.tenantId, entra.config.domain].includes(tenant.toLowerCase()) || isSharedEndpoint(tenant))
    return
  throw refusal(tenantPattern.test(tenant) ? 90002 : 900023, { tenant })
}

export type Client = Readonly<ReturnType<typeof findClient>>

/** The client of a request: a registered application with its principal, or an agent identity, which has a principal only. */
export function findClient(entra: Entra, clientId: string, tenant: string) {
  if (clientId === noApplication) throw refusal(700038, { client: clientId })
  const principal = entra.directory.principal(clientId)
  if (!principal) throw refusal(700016, { client: clientId, tenant: entra.config.tenantId })
  if (!propertySeenByLookUp(entra, principal, 'accountEnabled')) throw refusal(7000112, { client: clientId })
  const application = entra.directory.application(clientId)
  if (isSharedEndpoint(tenant) && application?.signInAudience !== 'AzureADMultipleOrgs')
    throw refusal(50194, { client: clientId, name: principal.displayName })
  return { principal, application }
}

/** Whether a client is a blueprint or its agent identity, which may use few grant types only. */
export function isAgentic({ principal }: Client): boolean {
  return principal.kind !== 'servicePrincipal' && principal.document === undefined
}

/** What the sign-in log is to say of a request; noted while it is answered. */
export interface SignInNotes {
  user?: User
  resource?: TargetResource
  /** What each policy of Conditional Access decided. */
  decisions?: readonly Decision[]
}

export interface TokenRequest {
  readonly entra: Entra
  readonly form: Form
  readonly client: Client
  /** The origin of the page that sent it, if one did. */
  readonly origin: string | undefined
  readonly notes: SignInNotes
}

/** Checks the credential of a confidential client, and returns its kind. */
export async function authenticate({ entra, form, client }: TokenRequest): Promise<ClientAuthentication> {
  const { principal, application } = client
  const assertion = form.optional('client_assertion')
  const type = assertion === undefined ? jwtBearerAssertion : form.required('client_assertion_type')
  if (type !== jwtBearerAssertion)
    throw refusal(50027, { why: `client_assertion_type '${type}' is not supported` })
  if (principal.kind === 'agentIdentity') {
    if (assertion === undefined) throw credentialRefusal(form, principal)
    await checkExchangeToken(entra, assertion, principal)
    return 'certificate'
  }
  const secret = form.optional('client_secret')
  if (assertion !== undefined && secret !== undefined) throw refusal(9002324)
  if (assertion !== undefined && application) return checkClientAssertion(entra, assertion, application)
  if (secret === undefined || !application) throw refusal(7000218)
  checkSecret(entra, secret, application)
  return 'secret'
}

/** An agent identity has no credential of its own: it authenticates by T1 of its blueprint only. */
function credentialRefusal(form: Form, { appId: client }: ServicePrincipal): EntraError {
  if (form.optional('fmi_path') !== undefined)
    return refusal(82001, { client, what: 'exchange tokens; its blueprint requests them' })
  return form.optional('client_secret') === undefined ? refusal(7000218) : refusal(7000215, { client })
}

function checkSecret(entra: Entra, secret: string, { appId, passwordCredentials }: Application): void {
  const matching = passwordCredentials.filter(({ secretText }) => secretText === secret)
  if (matching.length === 0) throw refusal(7000215, { client: appId })
  const now = entra.clock.nowMs()
  if (matching.every(({ endDateTime }) => Date.parse(endDateTime) <= now))
    throw refusal(7000222, { client: appId })
}

/** Scopes of OpenID Connect, which may be requested with the scopes of any API. */
const openIdScopes: ReadonlySet<string> = new Set(['openid', 'profile', 'email', 'offline_access'])

export type RequestedScopes = Readonly<ReturnType<typeof readScopes>>

/**
 * Parses a `scope` parameter: the API, the values of permissions at it such as `Weather.Read` (none for `/.default`), the scopes of
 * OpenID Connect, and the API's scopes as they are spelt. With scopes of OpenID Connect only, the API is Microsoft Graph.
 */
export function readScopes(entra: Entra, scope: string) {
  const all = scope.split(' ').filter(item => item !== '')
  const openId = new Set(all.filter(item => openIdScopes.has(item)))
  const written = all.filter(item => !openIdScopes.has(item))
  const parts = written.map(splitScope)
  const [first = { identifier: wellKnown.graphUri, value: 'openid' }, ...others] = parts
  const resource = findResource(entra, first.identifier)
  for (const other of others) {
    if (findResource(entra, other.identifier).application !== resource.application)
      throw refusal(28000, { scope })
  }
  const values = parts.map(part => part.value).filter(value => value !== '.default')
  const isDefault = values.length < parts.length
  if (isDefault && values.length > 0) throw refusal(70011, { scope })
  return { resource, values, isDefault, openId, written }
}

/** The API of a client-credentials request: one scope with `/.default`. MSAL for Go and Java add scopes of OpenID Connect. */
export function readDefaultScope(entra: Entra, scope: string): TargetResource {
  const [written, ...others] = scope.split(' ').filter(item => item !== '' && !openIdScopes.has(item))
  if (written === undefined || others.length > 0) throw refusal(70011, { scope })
  const { identifier, value } = splitScope(written)
  if (value !== '.default') throw refusal(1002012, { scope })
  return findResource(entra, identifier)
}

/** Refuses a `resource` (RFC 8707) that is no Application ID URI of the API whose scopes are requested. */
export function checkResourceParameter(resource: string | undefined, { identifierUris }: Application): void {
  if (resource && !identifierUris.includes(resource)) throw refusal(9010010)
}

/** Whether a requested scope lacks consent; `.default` does if nothing was granted. */
export function lacksConsent(
  entra: Entra,
  client: Client,
  user: User,
  { resource, values, isDefault }: RequestedScopes,
): boolean {
  const granted = entra.directory.grantedScopes(client.principal, resource, user.id)
  return isDefault ? granted.size === 0 : values.some(value => !granted.has(value))
}

function splitScope(scope: string): { identifier: string; value: string } {
  const slash = scope.lastIndexOf('/')
  if (slash <= 0) return { identifier: wellKnown.graphUri, value: scope }
  return { identifier: scope.slice(0, slash), value: scope.slice(slash + 1) }
}

function findResource(entra: Entra, identifier: string): TargetResource {
  const { settings, config, directory } = entra
  const resource = directory.resource(identifier)
  if (!resource) throw refusal(500011, { resource: identifier, tenant: config.tenantId })
  if (!propertySeenByLookUp(entra, resource.principal, 'accountEnabled'))
    throw refusal(500014, { resource: identifier })
  const { appId, api } = resource.application
  // An API with mapped claims has to be named by client id or verified domain. Not all tenants apply this rule.
  const isInDomain = `.${URL.parse(identifier)?.hostname}`.endsWith(`.${config.domain}`)
  const isOwn = isInDomain || identifier.toLowerCase() === appId
  if (settings.current.limitsMappedClaims && api.acceptMappedClaims && !isOwn) throw refusal(501461)
  return { ...resource, identifier }
}
