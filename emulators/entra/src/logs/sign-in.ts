import type { FastifyRequest } from 'fastify'
import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { EntraError } from '../errors/entra-error.ts'
import { readScopes, type SignInNotes } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import type { TargetResource } from '../tokens/access-token.ts'
import { uncheckedClaims } from '../tokens/jwt.ts'

export type AgentType =
  | 'notAgentic'
  | 'agenticAppInstance'
  | 'agentIdentityBlueprintPrincipal'
  | 'agentIDuser'

/** How the logs call a principal of this kind. */
export function agentTypeOf(kind: string | undefined): AgentType {
  if (kind === 'agentIdentity') return 'agenticAppInstance'
  return kind === 'agentIdentityBlueprintPrincipal' ? kind : 'notAgentic'
}

/** A row of the sign-in logs, as Graph's beta shows it (https://learn.microsoft.com/graph/api/resources/signin). */
export type SignIn = Readonly<ReturnType<typeof signInOf>>

const eventTypes = new Map<string | undefined, 'servicePrincipal' | 'interactiveUser'>([
  ['client_credentials', 'servicePrincipal'],
  ['authorization_code', 'interactiveUser'],
  ['device_code', 'interactiveUser'],
  ['urn:ietf:params:oauth:grant-type:device_code', 'interactiveUser'],
])

/** The row of a token request: `outcome` is the `uti` of its token, or why it was refused. */
export function signInOf(
  { entra, trace, ip, headers }: FastifyRequest,
  form: Form,
  notes: SignInNotes,
  outcome: { readonly tokenId: string } | Error,
) {
  const { directory, config } = entra
  const clientId = form.optional('client_id') ?? ''
  const client = directory.principal(clientId)
  const eventType = eventTypes.get(form.optional('grant_type')) ?? 'nonInteractiveUser'
  const user = eventType === 'servicePrincipal' ? undefined : (notes.user ?? namedUser(entra, form))
  return {
    // The id is called `Trace ID` in the text of a refusal.
    ...{ id: trace.traceId, correlationId: trace.correlationId, createdDateTime: entra.clock.timestamp() },
    uniqueTokenIdentifier: outcome instanceof Error ? '' : outcome.tokenId,
    signInEventTypes: [eventType] as const,
    isInteractive: eventType === 'interactiveUser',
    ...clientFields(client, clientId),
    ...userFields(user),
    ...resourceFields(notes.resource ?? requestedResource(entra, form)),
    ...{ resourceTenantId: config.tenantId, homeTenantId: config.tenantId },
    status: statusOf(outcome),
    ipAddress: ip,
    userAgent: headers['user-agent'] ?? '',
    ...credentialOf(form, client, directory.application(clientId)),
    agent: agentOf(client, user),
    ...conditionalAccessOf(notes.decisions),
  }
}

/** What the log's row says of the policies' decisions. */
function conditionalAccessOf(decisions: SignInNotes['decisions'] = []) {
  const status = ['failure', 'success'].find(one => decisions.some(({ result }) => result === one))
  const appliedConditionalAccessPolicies = decisions
    .filter(({ policy }) => policy.state !== 'disabled')
    .map(({ policy: { id, displayName, grantControls }, result }) => {
      const enforcedGrantControls = grantControls.builtInControls
      return { id, displayName, enforcedGrantControls, enforcedSessionControls: [], result }
    })
  return { conditionalAccessStatus: status ?? 'notApplied', appliedConditionalAccessPolicies }
}

function clientFields(client: ServicePrincipal | undefined, clientId: string) {
  const { appId = clientId, id: servicePrincipalId = '', displayName = '' } = client ?? {}
  return { appId, appDisplayName: displayName, servicePrincipalId, servicePrincipalName: displayName }
}

/** Empty for an application that acts as itself. */
function userFields(user: User | undefined) {
  const { id: userId = '', displayName: userDisplayName = '', userPrincipalName = '' } = user ?? {}
  return { userId, userDisplayName, userPrincipalName }
}

function resourceFields(resource: TargetResource | undefined) {
  const { appId: resourceId = '', displayName: resourceDisplayName = '' } = resource?.application ?? {}
  return { resourceId, resourceDisplayName, resourceServicePrincipalId: resource?.principal.id ?? '' }
}

function statusOf(outcome: object) {
  if (!(outcome instanceof Error)) return { errorCode: 0, failureReason: '', additionalDetails: null }
  const errorCode = outcome instanceof EntraError ? outcome.code : 90033
  return { errorCode, failureReason: outcome.message, additionalDetails: null }
}

function requestedResource(entra: Entra, form: Form): TargetResource | undefined {
  try {
    return readScopes(entra, form.required('scope')).resource
  } catch {
    return undefined
  }
}

/** The user whom a request names that was refused before anybody looked the user up. */
function namedUser({ directory }: Entra, form: Form): User | undefined {
  const { oid } = uncheckedClaims(form.optional('assertion') ?? '')
  const key = form.optional('username') ?? form.optional('user_id')
  return directory.user(String(oid ?? key))
}

function credentialOf(
  form: Form,
  client: ServicePrincipal | undefined,
  application: Application | undefined,
) {
  const none = {
    clientCredentialType: 'none',
    servicePrincipalCredentialKeyId: '',
    servicePrincipalCredentialThumbprint: '',
    federatedCredentialId: '',
  }
  const [secret, assertion] = [form.optional('client_secret'), form.optional('client_assertion')]
  if (secret !== undefined) {
    const known = application?.passwordCredentials.find(({ secretText }) => secretText === secret)
    const servicePrincipalCredentialKeyId = known?.keyId ?? ''
    return { ...none, clientCredentialType: 'clientSecret', servicePrincipalCredentialKeyId }
  }
  if (assertion === undefined) return none
  const { iss, sub } = uncheckedClaims(assertion)
  if (iss === client?.appId) return { ...none, clientCredentialType: 'certificate' }
  const used = application?.federatedIdentityCredentials.find(
    one => one.issuer === iss && one.subject === sub,
  )
  const federatedCredentialId = used?.id ?? ''
  return { ...none, clientCredentialType: 'federatedIdentityCredential', federatedCredentialId }
}

function agentOf(client: ServicePrincipal | undefined, user: User | undefined) {
  const parentAppId = client?.agentIdentityBlueprintId ?? ''
  const agentType = agentTypeOf(client?.kind)
  if (!user) return { agentType, parentAppId, agentSubjectType: agentType, agentSubjectParentId: parentAppId }
  const { identityParentId: agentSubjectParentId = '' } = user
  const agentSubjectType: AgentType = agentSubjectParentId === '' ? 'notAgentic' : 'agentIDuser'
  return { agentType, parentAppId, agentSubjectType, agentSubjectParentId }
}
