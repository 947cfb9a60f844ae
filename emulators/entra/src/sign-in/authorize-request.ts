import * as wellKnown from '@entra-agents/trace/well-known'
import type { FastifyRequest } from 'fastify'
import { readClaims } from '../conditional-access/claims.ts'
import type { User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { auditConsent } from '../graph/audit-row.ts'
import {
  type Client,
  checkResourceParameter,
  isAgentic,
  type RequestedScopes,
  readScopes,
} from '../oauth/client.ts'
import { userOfHint } from '../tokens/id-token.ts'
import type { Query, ReturnAddress } from './return-address.ts'

const prompts: readonly (string | undefined)[] = ['none', 'login', 'select_account', 'consent', undefined]

export type AuthorizeRequest = ReturnType<typeof readAuthorizeRequest>

/** Reads the parameters other than client and redirect URI (RFC 6749 §4.1.1, RFC 7636, OpenID Connect Core §3.1.2.1). */
export function readAuthorizeRequest(
  entra: Entra,
  query: Query,
  client: Client,
  returnAddress: ReturnAddress,
) {
  const responseTypes = readResponseTypes(query, client)
  const scope = requireParameter(query, 'scope')
  const requested = readScopes(entra, scope)
  checkResourceParameter(query['resource'], requested.resource.application)
  checkScopesExist(client, requested)
  const prompt = query['prompt'] || undefined
  if (!prompts.includes(prompt)) throw refusal(90023, { prompt: prompt ?? '' })
  const challenge = query['code_challenge']
  if (challenge !== undefined && query['code_challenge_method'] !== 'S256')
    throw refusal(9002313, { what: 'code_challenge_method' }, { error: 'invalid_request' })
  if (challenge === undefined && client.principal.document)
    throw refusal(9002325, {}, { text: 'Emulator: A client with a metadata document has to use PKCE.' })
  return {
    client,
    returnAddress,
    responseTypes,
    scope,
    requested,
    prompt,
    loginHint: query['login_hint'] || undefined,
    hinted: userOfHint(entra, query['login_hint']),
    nonce: query['nonce'],
    challenge,
    wantsClientInfo: query['client_info'] === '1',
    /** What the sign-in has to fulfil, and the token to prove, such as by an earlier claims challenge. */
    ...readClaims(query['claims']),
  }
}

/** What the application wants back: a code, an ID token if its registration allows this, or both. An agent gets neither. */
function readResponseTypes(query: Query, client: Client): ReadonlySet<string> {
  const type = requireParameter(query, 'response_type')
  const types = new Set(type.split(' '))
  const mayGetIdToken = client.application?.web.implicitGrantSettings?.enableIdTokenIssuance === true
  const allowed = isAgentic(client) ? ['none'] : ['code', ...(mayGetIdToken ? ['id_token'] : [])]
  if (![...types].every(one => allowed.includes(one))) throw refusal(700054, { type })
  if (!types.has('id_token')) return types
  requireParameter(query, 'nonce')
  if (query['response_mode'] === 'query') throw refusal(70007, { mode: 'query' })
  return types
}

function requireParameter(query: Query, parameter: string): string {
  const value = query[parameter]
  if (!value) throw refusal(900144, { parameter })
  return value
}

export function checkScopesExist(client: Client, { resource, values }: RequestedScopes): void {
  const { application } = resource
  const known = application.api.oauth2PermissionScopes
    .filter(scope => scope.isEnabled)
    .map(scope => scope.value)
  const unknown = values.find(value => !known.includes(value))
  if (unknown === undefined || (unknown === 'openid' && application.appId === wellKnown.graphAppId)) return
  throw refusal(650053, { client: client.principal.displayName, scope: unknown, resource: application.appId })
}

/** Records a user's consent, or an administrator's consent for all users. */
export function recordConsent(
  request: FastifyRequest,
  wanted: Pick<AuthorizeRequest, 'client' | 'requested'>,
  by: User,
  isForAll = false,
): void {
  const { principal } = wanted.client
  const grant = {
    clientId: principal.id,
    consentType: isForAll ? 'AllPrincipals' : 'Principal',
    principalId: isForAll ? null : by.id,
    resourceId: wanted.requested.resource.principal.id,
    scope: scopesToConsent(wanted)
      .map(({ value }) => value)
      .join(' '),
  } as const
  request.entra.directory.grant(grant)
  auditConsent(request, principal, by, grant)
}

/** The scopes that users are asked to consent to; `/.default` means all scopes of the API. */
export function scopesToConsent({ requested }: Pick<AuthorizeRequest, 'requested'>) {
  const { resource, values, isDefault } = requested
  return resource.application.api.oauth2PermissionScopes.filter(
    ({ value }) => isDefault || values.includes(value),
  )
}
