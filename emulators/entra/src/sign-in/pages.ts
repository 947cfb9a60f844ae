import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../directory/objects.ts'
import type { ConditionalAccessPolicy } from '../directory/policies.ts'
import { describeRefusal, EntraError } from '../errors/entra-error.ts'
import { acceptFormBodies } from '../oauth/form.ts'
import { type AuthorizeRequest, scopesToConsent } from './authorize-request.ts'
import { html, type Markup, sendPage } from './html.ts'
import { type PageRoute, type ReturnAddress, sendBackRefusal } from './return-address.ts'

/** Who asks at a page, and for what. The return address is absent if the browser does not return to an application. */
type Wanted = Pick<AuthorizeRequest, 'client' | 'requested'> &
  Partial<Pick<AuthorizeRequest, 'hinted' | 'policies' | 'returnAddress'>>

/** Lets the visitor choose the user to sign in as. */
export function sendSignInPage(reply: FastifyReply, wanted: Wanted): FastifyReply {
  const { client, hinted, policies = [], returnAddress } = wanted
  const users = reply.request.entra.directory.visitors
  const ordered = hinted ? [hinted, ...users.filter(user => user !== hinted)] : users
  const buttons = ordered.map(
    (user, index) => html`<button name="account" value="${user.id}"${index === 0 ? html` autofocus` : ''}>
${user.displayName}<small>${user.userPrincipalName}</small></button>`,
  )
  const proof =
    'Your organization asks for more proof that it is you. Choosing an account here counts as that proof.'
  const challenge = policies.length > 0 ? html`<p>${proof}</p>` : ''
  const intro = html`<p>to continue to <strong>${client.principal.displayName}</strong></p>\n${challenge}`
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
  const intro = html`<p>${user.userPrincipalName}</p>
<p>Your organization asks for a second factor: ${names.join(', ')}. Here a press stands for it.</p>`
  return sendForm(reply, returnAddress, 'Confirm that it’s you', intro, [
    accountField(user),
    html`<button class="primary" name="factor" value="approve" autofocus>Approve</button>`,
  ])
}

/** Asks an administrator for consent for all users. */
export function sendAdminConsentPage(reply: FastifyReply, request: Wanted): FastifyReply {
  const buttons = reply.request.entra.directory.visitors.map(
    ({ id, displayName }) =>
      html`<button class="primary" name="account" value="${id}">Accept as ${displayName}</button>`,
  )
  const intro = html`${listScopes(request)}
<p>This grants them for all users. Every account here counts as an administrator.</p>`
  return sendForm(reply, request.returnAddress, 'Permissions requested for your organization', intro, buttons)
}

/** Asks the user for consent. */
export function sendConsentPage(reply: FastifyReply, request: Wanted, user: User): FastifyReply {
  const intro = html`<p>${user.userPrincipalName}</p>\n${listScopes(request)}`
  return sendForm(reply, request.returnAddress, 'Permissions requested', intro, [
    accountField(user),
    html`<button class="primary" name="consent" value="accept">Accept</button>`,
  ])
}

const accountField = ({ id }: User) => html`<input type="hidden" name="account" value="${id}">`

/** A page with a form that can be cancelled. The form posts to the URL of the page, which has all parameters. */
function sendForm(
  reply: FastifyReply,
  returnAddress: ReturnAddress | undefined,
  title: string,
  intro: Markup,
  fields: readonly Markup[],
): FastifyReply {
  const body = html`${intro}
<form method="post">
${fields}
<button class="plain" name="cancel" value="1">Cancel</button>
</form>`
  return sendPage(reply, { title, formTarget: returnAddress?.redirectUri, body })
}

function listScopes(request: Wanted): Markup {
  const { client, requested } = request
  const { displayName } = requested.resource.application
  const items = scopesToConsent(request).map(
    ({ userConsentDescription, value }) =>
      html`<li>${userConsentDescription || value} <small>(<code>${value}</code> of ${displayName})</small></li>`,
  )
  return html`<p><strong>${client.principal.displayName}</strong> would like to:</p>
<ul>
${items}
</ul>`
}

/** Shows a refusal that cannot be sent to an application. */
function sendErrorPage(reply: FastifyReply, error: EntraError): FastifyReply {
  const lines = describeRefusal(error, reply.request.trace).split('\r\n')
  const title = 'Sorry, but we’re having trouble signing you in.'
  return sendPage(reply, { status: error.status, title, body: lines.map(line => html`<p>${line}</p>`) })
}

/** Lets the routes of a plugin parse forms, and show refusals: on a page, or at the application where `addressFor` finds one. */
export function servePages(
  app: FastifyInstance,
  addressFor?: (request: FastifyRequest<PageRoute>, code: number) => ReturnAddress | undefined,
): void {
  acceptFormBodies(app)
  app.setErrorHandler<Error, PageRoute>((error, request, reply) => {
    if (!(error instanceof EntraError)) throw error
    const address = addressFor?.(request, error.code)
    return address ? sendBackRefusal(reply, address, error) : sendErrorPage(reply, error)
  })
}
