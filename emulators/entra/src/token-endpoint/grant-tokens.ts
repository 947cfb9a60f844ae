import * as wellKnown from '@entra-agents/trace/well-known'
import { readClaims } from '../conditional-access/claims.ts'
import type { SignInFacts } from '../conditional-access/evaluate.ts'
import { contextsToGrant, decide, refusalBy, subjectOf, targetsOf } from '../conditional-access/sign-in.ts'
import type { Application, Platform, User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import {
  authenticate,
  type Client,
  checkResourceParameter,
  lacksConsent,
  type RequestedScopes,
  readDefaultScope,
  readScopes,
  type TokenRequest,
} from '../oauth/client.ts'
import { type ClientAuthentication, issueAccessToken, issueExchangeToken } from '../tokens/access-token.ts'
import { clientInfo, issueIdToken } from '../tokens/id-token.ts'
import type { IssuedToken } from '../tokens/jwt.ts'

/** Client credentials: T1 if the token exchange is the resource, otherwise an app-only token for an API. */
export async function grantClientCredentials(request: TokenRequest): Promise<TokenResponse> {
  const { entra, form, client } = request
  const { principal } = client
  const scope = form.required('scope')
  const authentication = await authenticate(request)
  const resource = readDefaultScope(entra, scope)
  checkResourceParameter(form.optional('resource'), resource.application)
  const { appId, displayName: name } = resource.application
  const fmiPath = form.optional('fmi_path')
  const isBlueprint = principal.kind === 'agentIdentityBlueprintPrincipal'
  if (appId === wellKnown.tokenExchangeAudience) {
    if (isBlueprint && fmiPath === undefined) throw refusal(82008)
    return tokenResponse(await issueExchangeToken(entra, principal, authentication, fmiPath))
  }
  if (fmiPath !== undefined) throw refusal(70066, { scope })
  if (isBlueprint)
    throw refusal(82001, { client: principal.appId, what: `app-only tokens for resource '${appId}'` })
  const roles = entra.directory.appRoles(principal.id, resource)
  if (roles.length === 0 && resource.principal.appRoleAssignmentRequired)
    throw refusal(501051, { client: principal.appId, resource: appId, name })
  const { capabilities } = readClaims(form.optional('claims'))
  askPolicies(request, resource.application, {
    subject: subjectOf(entra, principal),
    contexts: [],
    appliesEveryTime: false,
  })
  const wanted = { client: principal, authentication, resource, roles, capabilities }
  return tokenResponse(await issueAccessToken(entra, wanted))
}

export interface UserGrant {
  readonly authentication: ClientAuthentication
  readonly userId: string
  /** Empty if the user did not sign in at a page. */
  readonly sessionId: string
  /** Default: `web`, the platform of applications with a credential. */
  readonly platform?: Platform
  /** The `scope` parameter as it was sent, which a refresh token keeps. */
  readonly scope: string
  readonly nonce?: string | undefined
  /** Authentication contexts that the sign-in request named. */
  readonly contexts?: readonly string[]
  /** Whether the token proves no context, even if the request named some. */
  readonly withholdsContexts?: boolean
}

/** A user's tokens for a client: the access token, and ID token and refresh token if they were requested. */
export async function grantForUser(request: TokenRequest, grant: UserGrant): Promise<TokenResponse> {
  const { entra, form, client, notes } = request
  const { authentication, userId, sessionId, platform = 'web', scope, nonce } = grant
  const { directory } = entra
  const user = directory.user(userId)
  if (!user) throw refusal(50034, { user: userId, tenant: entra.config.tenantId })
  notes.user = user
  if (user.accountEnabled === false) throw refusal(50057)
  const requested = readScopes(entra, scope)
  const { openId, resource } = requested
  notes.resource = resource
  checkResourceParameter(form.optional('resource'), resource.application)
  const scopes = scopesToGrant(entra, client, user, requested)
  const facts = askPolicies(request, resource.application, factsOf(request, grant, user))
  const contexts = grant.withholdsContexts ? [] : contextsToGrant(entra, resource.application, facts)
  const token = await issueAccessToken(entra, {
    client: client.principal,
    authentication,
    resource,
    signedIn: { user, scopes, sessionId, contexts },
    roles: directory.appRoles(user.id, resource),
    capabilities: readClaims(form.optional('claims')).capabilities,
  })
  const clientId = client.principal.appId
  const refresh = openId.has('offline_access')
    ? entra.grants.issueRefreshToken({ clientId, userId, sessionId, platform, scope })
    : undefined
  const idToken = openId.has('openid')
    ? await issueIdToken(entra, { ...client, user, sessionId, nonce, openId })
    : undefined
  return tokenResponse(token, {
    scope: responseScope(requested, scopes),
    ...(refresh ? { refresh_token: refresh.token, refresh_token_expires_in: refresh.expiresInSeconds } : {}),
    ...(idToken === undefined ? {} : { id_token: idToken }),
    ...(form.optional('client_info') === '1' ? { client_info: clientInfo(entra, user) } : {}),
  })
}

type FactsOfSubject = Omit<SignInFacts, 'targets'>

/** Asks Conditional Access about a token for an API. T1 and T2 are exempt. */
function askPolicies({ entra, notes }: TokenRequest, api: Application, subject: FactsOfSubject): SignInFacts {
  const facts = { ...subject, targets: targetsOf(api) }
  const decisions = decide(entra, facts)
  notes.decisions = decisions
  const refused = refusalBy(decisions, facts, api)
  if (refused) throw refused
  return facts
}

function factsOf({ entra, form }: TokenRequest, grant: UserGrant, user: User): FactsOfSubject {
  const { authentication, sessionId, contexts = [], withholdsContexts = false } = grant
  const asked = [...contexts, ...readClaims(form.optional('claims')).contexts]
  const secondFactorAtMs = entra.sessions.get(sessionId)?.secondFactorAtMs.get(user.id)
  return {
    subject: subjectOf(entra, user),
    contexts: withholdsContexts ? [] : asked,
    secondFactorAgeMs: secondFactorAtMs && entra.clock.nowMs() - secondFactorAtMs,
    appliesEveryTime: authentication === 'none',
  }
}

/** The scopes to grant: the requested ones or, for `/.default`, all consented ones. Throws without assignment or consent. */
function scopesToGrant(entra: Entra, client: Client, user: User, requested: RequestedScopes) {
  const { application, principal } = requested.resource
  const isAssigned = entra.directory.content.appRoleAssignments.some(
    ({ principalId, resourceId }) => principalId === user.id && resourceId === principal.id,
  )
  if (principal.appRoleAssignmentRequired && !isAssigned)
    throw refusal(50105, { resource: application.appId, name: application.displayName })
  if (lacksConsent(entra, client, user, requested))
    throw refusal(65001, { client: client.principal.appId, name: client.principal.displayName })
  if (requested.isDefault)
    return [...entra.directory.grantedScopes(client.principal, requested.resource, user.id)]
  // Only tokens for Graph have scopes of OpenID Connect.
  const openId = application.appId === wellKnown.graphAppId ? [...requested.openId] : []
  return [...requested.values, ...openId.filter(value => value !== 'offline_access')]
}

/** The `scope` of the response: full scope names, and `/.default` if it was requested. */
function responseScope({ resource, written, isDefault }: RequestedScopes, scopes: readonly string[]): string {
  const isGraph = resource.application.appId === wellKnown.graphAppId
  const names = scopes.map(value =>
    written.includes(value) || isGraph ? value : `${resource.identifier}/${value}`,
  )
  return [...names, ...(isDefault ? written : [])].join(' ')
}

/** A successful response of the token endpoint (RFC 6749 §5.1, with Entra's additions). */
export type TokenResponse = Readonly<Record<string, string | number>>

/** With a token that is valid for at least this long, Entra sends `refresh_in`: half of its lifetime. */
const refreshInFromSeconds = 7_200

export function tokenResponse({ jwt, expiresInSeconds }: IssuedToken, more: TokenResponse = {}) {
  return {
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    ext_expires_in: expiresInSeconds,
    ...(expiresInSeconds >= refreshInFromSeconds ? { refresh_in: Math.floor(expiresInSeconds / 2) } : {}),
    access_token: jwt,
    ...more,
  }
}
