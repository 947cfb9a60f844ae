import type { FastifyReply } from 'fastify'
import type { ConditionalAccessPolicy, User } from '../directory/objects.ts'
import { describeRefusal, type EntraError, type Trace } from '../errors/entra-error.ts'
import { type AuthorizeRequest, scopesToConsent } from './authorize-request.ts'
import { escapeHtml, sendPage } from './html.ts'

/** Lets the visitor choose the user to sign in as. The form posts to the URL of the page, which has all parameters. */
export function sendSignInPage(
  reply: FastifyReply,
  { client, hinted, policies, returnAddress }: AuthorizeRequest,
  users: readonly User[],
): FastifyReply {
  const ordered = hinted ? [hinted, ...users.filter(user => user !== hinted)] : users
  const buttons = ordered.map(
    (user, index) => `<button name="account" value="${user.id}"${index === 0 ? ' autofocus' : ''}>
${escapeHtml(user.displayName)}<small>${escapeHtml(user.userPrincipalName)}</small></button>`,
  )
  const challenge =
    policies.length > 0
      ? '<p>Your organization asks for more proof that it is you. Choosing an account here counts as that proof.</p>'
      : ''
  return sendPage(reply, {
    title: 'Pick an account',
    formTargets: [returnAddress.origin],
    body: `<p>to continue to <strong>${escapeHtml(client.principal.displayName)}</strong></p>
${challenge}<form method="post">
${buttons.join('\n')}
<button class="plain" name="cancel" value="1">Cancel</button>
</form>`,
  })
}

/** Asks the user for a second factor, and says which policies demand it. */
export function sendSecondFactorPage(
  reply: FastifyReply,
  { returnAddress }: AuthorizeRequest,
  user: User,
  policies: readonly ConditionalAccessPolicy[],
): FastifyReply {
  const names = [...new Set(policies.map(({ displayName }) => displayName))]
  return sendPage(reply, {
    title: 'Confirm that it’s you',
    formTargets: [returnAddress.origin],
    body: `<p>${escapeHtml(user.userPrincipalName)}</p>
<p>Your organization asks for a second factor: ${names.map(escapeHtml).join(', ')}. Here a press stands for it.</p>
<form method="post">
<input type="hidden" name="account" value="${user.id}">
<button class="primary" name="factor" value="approve" autofocus>Approve</button>
<button class="plain" name="cancel" value="1">Cancel</button>
</form>`,
  })
}

/** What consent is asked for, and by whom. */
type WantedConsent = Pick<AuthorizeRequest, 'client' | 'requested' | 'returnAddress'>

/** Asks an administrator for consent for all users. */
export function sendAdminConsentPage(
  reply: FastifyReply,
  request: WantedConsent,
  administrators: readonly User[],
): FastifyReply {
  const buttons = administrators.map(
    ({ id, displayName }) =>
      `<button class="primary" name="account" value="${id}">Accept as ${escapeHtml(displayName)}</button>`,
  )
  return sendPage(reply, {
    title: 'Permissions requested for your organization',
    formTargets: [request.returnAddress.origin],
    body: `${listScopes(request)}
<p>This grants them for all users. Every account here counts as an administrator.</p>
<form method="post">
${buttons.join('\n')}
<button class="plain" name="cancel" value="1">Cancel</button>
</form>`,
  })
}

/** Asks the user for consent. */
export function sendConsentPage(reply: FastifyReply, request: AuthorizeRequest, user: User): FastifyReply {
  return sendPage(reply, {
    title: 'Permissions requested',
    formTargets: [request.returnAddress.origin],
    body: `<p>${escapeHtml(user.userPrincipalName)}</p>
${listScopes(request)}
<form method="post">
<input type="hidden" name="account" value="${user.id}">
<button class="primary" name="consent" value="accept">Accept</button>
<button class="plain" name="consent" value="cancel">Cancel</button>
</form>`,
  })
}

function listScopes(request: WantedConsent): string {
  const { client, requested } = request
  const { displayName } = requested.resource.application
  const items = scopesToConsent(request).map(
    ({ userConsentDescription, value }) =>
      `<li>${escapeHtml(userConsentDescription || value)} <small>(<code>${escapeHtml(value)}</code> of ${escapeHtml(displayName)})</small></li>`,
  )
  return `<p><strong>${escapeHtml(client.principal.displayName)}</strong> would like to:</p>
<ul>
${items.join('\n')}
</ul>`
}

/** Shows a refusal that cannot be sent to an application. */
export function sendErrorPage(reply: FastifyReply, error: EntraError, trace: Trace): FastifyReply {
  const lines = describeRefusal(error, trace).split('\r\n')
  return sendPage(reply, {
    status: error.status,
    title: 'Sorry, but we’re having trouble signing you in.',
    body: lines.map(line => `<p>${escapeHtml(line)}</p>`).join('\n'),
  })
}
