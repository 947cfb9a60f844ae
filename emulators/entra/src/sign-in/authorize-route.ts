import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { EntraError, refusal } from '../errors/entra-error.ts'
import { checkTenant } from '../oauth/client.ts'
import { acceptFormBodies } from '../oauth/form.ts'
import { missingConsent } from '../oauth/scopes.ts'
import { clientInfo } from '../tokens/id-token.ts'
import { type AuthorizeRequest, readAuthorizeRequest, scopesToConsent } from './authorize-request.ts'
import { sendConsentPage, sendErrorPage, sendSignInPage } from './pages.ts'
import { policyChallenge } from './policies.ts'
import { type Query, readReturnAddress, sendBack, sendBackRefusal } from './return-address.ts'
import { keepSession, sessionOf } from './session-cookie.ts'
import type { Session } from './sessions.ts'

interface Route {
  Params: { tenant: string }
  Querystring: Query
  Body: URLSearchParams | undefined
}
type Request = FastifyRequest<Route>

/** `/{tenant}/oauth2/v2.0/authorize`: GET shows the page or responds silently, POST is the page's own form. */
export async function authorizeEndpoint(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  acceptFormBodies(app)

  // Refusals go back to the application once its address is known to be good, else onto a page.
  app.setErrorHandler<Error, Route>((error, request, reply) => {
    if (!(error instanceof EntraError)) throw error
    const returnAddress = returnAddressOrNone(entra, request.query)
    if (!returnAddress || error.code === 90002) return sendErrorPage(reply, error, request.trace)
    return sendBackRefusal(reply, returnAddress, {
      error,
      trace: request.trace,
      publicUrl: entra.publicUrl,
      ...(error.code === 65004 ? { errorSubcode: 'cancel' } : {}),
    })
  })

  app.get<Route>('/:tenant/oauth2/v2.0/authorize', async (request, reply) => {
    const wanted = read(entra, request)
    const session = sessionOf(entra, request)
    const user = singleSignOnUser(entra, wanted, session)
    if (!session || !user || !fulfilsPolicies(wanted, session)) return askWho(entra, reply, wanted, session)
    return askConsentOrFinish(entra, reply, wanted, session, user)
  })

  app.post<Route>('/:tenant/oauth2/v2.0/authorize', async (request, reply) => {
    const wanted = read(entra, request)
    refuseOtherSites(request)
    const form = request.body ?? new URLSearchParams()
    if (form.has('cancel') || form.get('consent') === 'cancel') throw refusal(65004)
    const user = entra.directory.user(form.get('account') ?? '')
    if (!user) return askWho(entra, reply, wanted, undefined)
    const session = sessionOf(entra, request) ?? entra.sessions.start()
    if (form.get('consent') === 'accept') {
      if (!session.userIds.has(user.id)) throw refusal(50058)
      recordConsent(entra, wanted, user)
      return finish(entra, reply, wanted, session, user)
    }
    session.userIds.add(user.id)
    for (const policy of wanted.policies) session.fulfilledPolicies.add(policy)
    keepSession(entra, reply, session)
    return askConsentOrFinish(entra, reply, wanted, session, user)
  })
}

function read(entra: Entra, request: Request): AuthorizeRequest {
  checkTenant(entra, request.params.tenant)
  const { client, returnAddress } = readReturnAddress(entra, request.query)
  return readAuthorizeRequest(entra, request.query, client, returnAddress)
}

function returnAddressOrNone(entra: Entra, query: Query) {
  try {
    return readReturnAddress(entra, query).returnAddress
  } catch {
    return undefined
  }
}

/** Our own page posts here; nobody else's may, or it could sign its visitor in as somebody. */
function refuseOtherSites(request: Request): void {
  const site = request.headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin') return
  throw refusal(9002313, { what: `form of another site (${site})` }, { error: 'invalid_request' })
}

function askWho(
  entra: Entra,
  reply: FastifyReply,
  wanted: AuthorizeRequest,
  session: Session | undefined,
): FastifyReply {
  if (wanted.prompt !== 'none')
    return sendSignInPage(reply, wanted, {
      users: entra.directory.content.users,
      hinted: wanted.hinted,
      needsMoreProof: wanted.policies.length > 0,
    })
  const isAmbiguous = wanted.loginHint === undefined && (session?.userIds.size ?? 0) > 1
  if (isAmbiguous) throw refusal(16000)
  if (!singleSignOnUser(entra, wanted, session)) throw refusal(50058)
  const resource = wanted.requested.resource.application.appId
  throw refusal(50076, { resource }, { claims: policyChallenge(wanted.policies) })
}

/** The one user whom single sign-on stands for, unless the request wants the user asked. */
function singleSignOnUser(
  entra: Entra,
  { prompt, loginHint, hinted }: AuthorizeRequest,
  session: Session | undefined,
): User | undefined {
  if (!session || prompt === 'login' || prompt === 'select_account') return undefined
  if (loginHint !== undefined) return hinted && session.userIds.has(hinted.id) ? hinted : undefined
  const [userId, ...others] = session.userIds
  return userId === undefined || others.length > 0 ? undefined : entra.directory.user(userId)
}

function fulfilsPolicies({ policies }: AuthorizeRequest, session: Session): boolean {
  return policies.every(policy => session.fulfilledPolicies.has(policy))
}

function askConsentOrFinish(
  entra: Entra,
  reply: FastifyReply,
  wanted: AuthorizeRequest,
  session: Session,
  user: User,
): FastifyReply {
  const { client, requested, prompt } = wanted
  const isMissing = missingConsent(entra, client, user, requested).length > 0
  if (!isMissing && prompt !== 'consent') return finish(entra, reply, wanted, session, user)
  if (prompt !== 'none') return sendConsentPage(reply, wanted, user)
  throw refusal(
    65001,
    { client: client.principal.appId, name: client.principal.displayName },
    { error: 'interaction_required' },
  )
}

function recordConsent(entra: Entra, wanted: AuthorizeRequest, user: User): void {
  const scope = scopesToConsent(wanted).map(({ value }) => value)
  if (scope.length === 0) return
  entra.directory.grant({
    clientId: wanted.client.principal.id,
    consentType: 'Principal',
    principalId: user.id,
    resourceId: wanted.requested.resource.principal.id,
    scope: scope.join(' '),
  })
}

function finish(
  entra: Entra,
  reply: FastifyReply,
  wanted: AuthorizeRequest,
  session: Session,
  user: User,
): FastifyReply {
  const { client, returnAddress, nonce, challenge, scope } = wanted
  const code = entra.grants.issueCode({
    clientId: client.principal.appId,
    redirectUri: returnAddress.redirectUri,
    userId: user.id,
    sessionId: session.id,
    scope,
    nonce,
    challenge,
  })
  return sendBack(reply, returnAddress, {
    code,
    ...(wanted.wantsClientInfo ? { client_info: clientInfo(entra, user) } : {}),
    session_state: session.id,
  })
}
