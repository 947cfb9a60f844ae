import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { policiesChallenge } from '../conditional-access/claims.ts'
import { decide, refusalBy, subjectOf, targetsOf } from '../conditional-access/sign-in.ts'
import { platforms, type User } from '../directory/objects.ts'
import { refusal } from '../errors/entra-error.ts'
import { isAgentic, lacksConsent } from '../oauth/client.ts'
import { clientInfo, issueIdToken, userOfHint } from '../tokens/id-token.ts'
import { readAuthorizeRequest, recordConsent } from './authorize-request.ts'
import { sendPage } from './html.ts'
import { sendConsentPage, sendSecondFactorPage, sendSignInPage, servePages } from './pages.ts'
import { type PageRoute, readReturnAddress, refuseOtherSites, sendBack } from './return-address.ts'
import { keepSession, type Session, sessionOf } from './sessions.ts'

type Visit = Readonly<ReturnType<typeof arrive>>

/** `/{tenant}/oauth2/v2.0/authorize`: GET shows a page (sign-in, second factor, consent) or redirects; POST receives its form. */
export async function serveAuthorize(app: FastifyInstance): Promise<void> {
  // Once the redirect URI is validated, refusals go to the application; before, they are shown on a page.
  servePages(app, (request, code) => (code === 90002 ? undefined : returnAddressOrNone(request)))

  app.addHook<PageRoute>('preHandler', ({ entra, query }) =>
    entra.clientDocuments.admit(entra.directory, query['client_id']),
  )

  app.get<PageRoute>('/:tenant/oauth2/v2.0/authorize', async (request, reply) => {
    const visit = arrive(request, reply)
    const { session, wanted } = visit
    const user = singleSignOnUser(visit)
    const isEnough = wanted.policies.every(policy => session?.fulfilledPolicies.has(policy))
    return session && user && isEnough ? askFactorOrGoOn(visit, session, user) : requireSignIn(visit, user)
  })

  app.post<PageRoute>('/:tenant/oauth2/v2.0/authorize', async (request, reply) => {
    const visit = arrive(request, reply)
    refuseOtherSites(request)
    const form = request.body ?? new URLSearchParams()
    if (form.has('cancel')) throw refusal(65004)
    const user = visit.entra.directory.visitor(form.get('account') ?? '')
    if (!user) return requireSignIn(visit, undefined)
    const session = visit.session ?? visit.entra.sessions.start()
    const answer = ['consent', 'factor'].find(name => form.has(name))
    if (answer === undefined) return signIn(visit, session, user)
    if (!session.userIds.has(user.id)) throw refusal(50058)
    if (answer === 'factor') {
      session.secondFactorAtMs.set(user.id, visit.entra.clock.nowMs())
      return askFactorOrGoOn(visit, session, user)
    }
    recordConsent(request, visit.wanted, user)
    return finishVisit(visit, session, user)
  })
}

function arrive(request: FastifyRequest<PageRoute>, reply: FastifyReply) {
  const { entra, params, query } = request
  const { client, returnAddress } = readReturnAddress(entra, params.tenant, query)
  const wanted = readAuthorizeRequest(entra, query, client, returnAddress)
  return { entra, reply, wanted, session: sessionOf(request) }
}

function signIn(visit: Visit, session: Session, user: User) {
  session.userIds.add(user.id)
  for (const policy of visit.wanted.policies) session.fulfilledPolicies.add(policy)
  keepSession(visit.reply, session)
  return askFactorOrGoOn(visit, session, user)
}

function returnAddressOrNone({ entra, params, query }: FastifyRequest<PageRoute>) {
  try {
    return readReturnAddress(entra, params.tenant, query).returnAddress
  } catch {
    return undefined
  }
}

/** Shows the sign-in page; with `prompt=none`, throws the refusal that says why a sign-in is needed. */
function requireSignIn({ reply, wanted, session }: Visit, user: User | undefined): FastifyReply {
  if (wanted.prompt !== 'none') return sendSignInPage(reply, wanted)
  const isAmbiguous = wanted.loginHint === undefined && (session?.userIds.size ?? 0) > 1
  if (!user) throw refusal(isAmbiguous ? 16000 : 50058)
  const resource = wanted.requested.resource.application.appId
  throw refusal(50076, { resource }, { claims: policiesChallenge(wanted.policies) })
}

/** The session's user that the hint names or, without a hint, its only user. Nobody if the request demands a sign-in page. */
function singleSignOnUser({ entra, wanted, session }: Visit): User | undefined {
  const { prompt, loginHint, hinted } = wanted
  if (!session || prompt === 'login' || prompt === 'select_account') return undefined
  if (loginHint !== undefined) return hinted && session.userIds.has(hinted.id) ? hinted : undefined
  const [userId, ...others] = session.userIds
  return userId === undefined || others.length > 0 ? undefined : entra.directory.visitor(userId)
}

/** Asks for the second factor if a policy of the API, of a requested authentication context, or of the claims challenge demands it now. */
function askFactorOrGoOn(visit: Visit, session: Session, user: User) {
  const { entra, reply, wanted } = visit
  const api = wanted.requested.resource.application
  const secondFactorAtMs = session.secondFactorAtMs.get(user.id)
  const secondFactorAgeMs = secondFactorAtMs && entra.clock.nowMs() - secondFactorAtMs
  const subject = subjectOf(entra, user)
  const { contexts } = wanted
  const facts = { subject, targets: targetsOf(api), contexts, secondFactorAgeMs, appliesEveryTime: true }
  const decisions = decide(entra, facts)
  const refused = refusalBy(decisions, facts, api)
  if (refused && (refused.code === 53003 || wanted.prompt === 'none')) throw refused
  const unmet = decisions.filter(({ result }) => result === 'failure').map(({ policy }) => policy)
  const challenged = entra.directory.content.conditionalAccessPolicies.filter(
    ({ id }) => secondFactorAtMs === undefined && wanted.policies.includes(id),
  )
  if (unmet.length + challenged.length > 0)
    return sendSecondFactorPage(reply, wanted, user, [...unmet, ...challenged])
  return askConsentOrFinish(visit, session, user)
}

function askConsentOrFinish(visit: Visit, session: Session, user: User) {
  const { client, requested, prompt } = visit.wanted
  const isMissing = lacksConsent(visit.entra, client, user, requested)
  if (!isMissing && prompt !== 'consent') return finishVisit(visit, session, user)
  const isAgent = client.principal.kind !== 'servicePrincipal'
  if (prompt !== 'none' && isAgent && visit.entra.settings.current.agentConsent === 'admin')
    throw refusal(90094, { name: client.principal.displayName })
  if (prompt !== 'none') return sendConsentPage(visit.reply, visit.wanted, user)
  const { appId, displayName } = client.principal
  throw refusal(65001, { client: appId, name: displayName }, { error: 'interaction_required' })
}

async function finishVisit({ entra, reply, wanted }: Visit, session: Session, user: User) {
  const { client, returnAddress, requested, responseTypes, nonce, challenge, scope, contexts } = wanted
  // If the client is an agent, the visit was for the user's consent, which is recorded by now: no code is returned.
  if (isAgentic(client)) return sendBack(reply, returnAddress, {})
  const { redirectUri, platform } = returnAddress
  const ids = { clientId: client.principal.appId, userId: user.id, sessionId: session.id }
  const grant = { ...ids, redirectUri, platform, scope, nonce, challenge, contexts }
  const code = responseTypes.has('code') ? entra.grants.issueCode(grant) : undefined
  const { openId } = requested
  const idToken = responseTypes.has('id_token')
    ? await issueIdToken(entra, { ...client, user, sessionId: session.id, nonce, openId, code })
    : undefined
  return sendBack(reply, returnAddress, {
    code,
    id_token: idToken,
    client_info: wanted.wantsClientInfo ? clientInfo(entra, user) : undefined,
    session_state: session.id,
  })
}

/** Sign-out (OpenID Connect RP-Initiated Logout 1.0). */
export async function serveLogout(app: FastifyInstance): Promise<void> {
  servePages(app)

  app.get<PageRoute>('/:tenant/oauth2/v2.0/logout', async (request, reply) => {
    const { entra } = request
    const { post_logout_redirect_uri: address, logout_hint: hint, state } = request.query
    const session = sessionOf(request)
    const user = userOfHint(entra, hint)
    if (session && user) session.userIds.delete(user.id)
    if (session && (!user || session.userIds.size === 0)) entra.sessions.delete(session.id)
    const registered = entra.directory.content.applications.flatMap(application =>
      platforms.flatMap(platform => application[platform].redirectUris),
    )
    if (address === undefined || !registered.includes(address))
      return sendPage(reply, { title: 'You signed out of your account', body: '' })
    return sendBack(reply, { redirectUri: address, platform: 'web', mode: 'query', state }, {})
  })
}
