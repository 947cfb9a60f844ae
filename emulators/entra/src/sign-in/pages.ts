import type { FastifyReply } from 'fastify'
import type { ConditionalAccessPolicy, User } from '../directory/objects.ts'
import { describeRefusal, type EntraError, type RequestIds } from '../errors/entra-error.ts'
import { type AuthorizeRequest, scopesToConsent } from './authorize-request.ts'
import { escapeHtml, sendPage } from './html.ts'
import type { ReturnAddress } from './return-address.ts'

/** Who asks a user to sign in. The returnAddress is absent if the browser does not return to an application. */
type WantedSignIn = Pick<AuthorizeRequest, 'client' | 'hinted' | 'policies'> & {
  readonly returnAddress?: ReturnAddress
}

/** Lets the visitor choose the user to sign in as. */
export function sendSignInPage(
  reply: FastifyReply,
  { client, hinted, policies, returnAddress }: WantedSignIn,
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
  const intro = `<p>to continue to <strong>${escapeHtml(client.principal.displayName)}</strong></p>\n${challenge}`
  return sendForm(reply, returnAddress, 'Pick an account', intro, buttons)
}

/** Asks the user for a second factor, and says which policies demand it. */
export function sendSecondFactorPage(
  reply: FastifyReply,
  { returnAddress }: AuthorizeRequest,
  user: User,
  policies: readonly ConditionalAccessPolicy[],
): FastifyReply {
  const names = [...new Set(policies.map(({ displayName }) => displayName))]
  const intro = `<p>${escapeHtml(user.userPrincipalName)}</p>
<p>Your organization asks for a second factor: ${names.map(escapeHtml).join(', ')}. Here a press stands for it.</p>`
  return sendForm(reply, returnAddress, 'Confirm that it’s you', intro, [
    accountField(user),
    '<button class="primary" name="factor" value="approve" autofocus>Approve</button>',
  ])
}

/** What a user is asked to consent to, and which client asks. */
type WantedConsent = Pick<AuthorizeRequest, 'client' | 'requested'> & {
  readonly returnAddress?: ReturnAddress
}

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
  const intro = `${listScopes(request)}
<p>This grants them for all users. Every account here counts as an administrator.</p>`
  return sendForm(reply, request.returnAddress, 'Permissions requested for your organization', intro, buttons)
}

/** Asks the user for consent. */
export function sendConsentPage(reply: FastifyReply, request: WantedConsent, user: User): FastifyReply {
  const intro = `<p>${escapeHtml(user.userPrincipalName)}</p>\n${listScopes(request)}`
  return sendForm(reply, request.returnAddress, 'Permissions requested', intro, [
    accountField(user),
    '<button class="primary" name="consent" value="accept">Accept</button>',
  ])
}

const accountField = ({ id }: User) => `<input type="hidden" name="account" value="${id}">`

/** A page with a form that can be cancelled. The form posts to the URL of the page, which has all parameters. */
function sendForm(
  reply: FastifyReply,
  returnAddress: ReturnAddress | undefined,
  title: string,
  intro: string,
  fields: readonly string[],
): FastifyReply {
  const body = `${intro}
<form method="post">
${fields.join('\n')}
<button class="plain" name="cancel" value="1">Cancel</button>
</form>`
  return sendPage(reply, { title, formTarget: returnAddress?.redirectUri, body })
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
export function sendErrorPage(reply: FastifyReply, error: EntraError, trace: RequestIds): FastifyReply {
  const lines = describeRefusal(error, trace).split('\r\n')
  return sendPage(reply, {
    status: error.status,
    title: 'Sorry, but we’re having trouble signing you in.',
    body: lines.map(line => `<p>${escapeHtml(line)}</p>`).join('\n'),
  })
}
