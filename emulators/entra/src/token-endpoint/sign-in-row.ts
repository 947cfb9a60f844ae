import type { FastifyRequest } from 'fastify'
import type { Application, ServicePrincipal, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { EntraError } from '../errors/entra-error.ts'
import { agentTypeOf, type ClientCredential, type SignIn } from '../logs/sign-in.ts'
import { readScopes, type SignInNotes } from '../oauth/client.ts'
import type { Form } from '../oauth/form.ts'
import type { TargetResource } from '../tokens/access-token.ts'
import { uncheckedClaims } from '../tokens/jwt.ts'

const eventTypes = new Map<string | undefined, SignIn['signInEventTypes'][0]>([
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
): SignIn {
  const { directory, config } = entra
  const clientId = form.optional('client_id') ?? ''
  const client = directory.principal(clientId)
  const eventType = eventTypes.get(form.optional('grant_type')) ?? 'nonInteractiveUser'
  const user = eventType === 'servicePrincipal' ? undefined : (notes.user ?? namedUser(entra, form))
  return {
    ...{ id: trace.traceId, correlationId: trace.correlationId, createdDateTime: entra.clock.timestamp() },
    uniqueTokenIdentifier: outcome instanceof Error ? '' : outcome.tokenId,
    signInEventTypes: [eventType],
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
export function conditionalAccessOf(decisions: SignInNotes['decisions'] = []) {
  const status = (['failure', 'success'] as const).find(one => decisions.some(({ result }) => result === one))
  const conditionalAccessStatus: SignIn['conditionalAccessStatus'] = status ?? 'notApplied'
  const appliedConditionalAccessPolicies = decisions
    .filter(({ policy }) => policy.state !== 'disabled')
    .map(({ policy: { id, displayName, grantControls }, result }) => {
      const enforcedGrantControls = grantControls.builtInControls
      return { id, displayName, enforcedGrantControls, enforcedSessionControls: [], result }
    })
  return { conditionalAccessStatus, appliedConditionalAccessPolicies }
}

function clientFields(client: ServicePrincipal | undefined, clientId: string) {
  const { appId = clientId, id: servicePrincipalId = '', displayName = '' } = client ?? {}
  return { appId, appDisplayName: displayName, servicePrincipalId, servicePrincipalName: displayName }
}

function userFields(user: User | undefined) {
  const { id: userId = '', displayName: userDisplayName = '', userPrincipalName = '' } = user ?? {}
  return { userId, userDisplayName, userPrincipalName }
}

function resourceFields(resource: TargetResource | undefined) {
  const { appId: resourceId = '', displayName: resourceDisplayName = '' } = resource?.application ?? {}
  return { resourceId, resourceDisplayName, resourceServicePrincipalId: resource?.principal.id ?? '' }
}

function statusOf(outcome: object): SignIn['status'] {
  const [errorCode, failureReason] =
    outcome instanceof Error
      ? [outcome instanceof EntraError ? outcome.code : 90033, outcome.message]
      : [0, '']
  return { errorCode, failureReason, additionalDetails: null }
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
): ClientCredential {
  const none = {
    clientCredentialType: 'none',
    servicePrincipalCredentialKeyId: '',
    servicePrincipalCredentialThumbprint: '',
    federatedCredentialId: '',
  } as const
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

function agentOf(client: ServicePrincipal | undefined, user: User | undefined): SignIn['agent'] {
  const parentAppId = client?.agentIdentityBlueprintId ?? ''
  const agentType = agentTypeOf(client?.kind)
  if (!user) return { agentType, parentAppId, agentSubjectType: agentType, agentSubjectParentId: parentAppId }
  const { identityParentId: agentSubjectParentId = '' } = user
  const agentSubjectType = agentSubjectParentId === '' ? 'notAgentic' : 'agentIDuser'
  return { agentType, parentAppId, agentSubjectType, agentSubjectParentId }
}
