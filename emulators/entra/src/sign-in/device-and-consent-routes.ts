import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { User } from '../directory/objects.ts'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { findClient, lacksConsent, readScopes } from '../oauth/client.ts'
import { acceptFormBodies, Form } from '../oauth/form.ts'
import { type DeviceCode, deviceCodeLifetimeSeconds } from '../oauth/grants.ts'
import { checkScopesExist, recordConsent } from './authorize-request.ts'
import { html, sendPage } from './html.ts'
import { sendAdminConsentPage, sendConsentPage, sendSignInPage, servePages } from './pages.ts'
import { type PageRoute, readReturnAddress, refuseOtherSites, sendBack } from './return-address.ts'

/** The device authorization grant (RFC 8628): the device's request, and the page on which its user types the code. */
export async function serveDevices(app: FastifyInstance): Promise<void> {
  acceptFormBodies(app)

  app.post<PageRoute>('/:tenant/oauth2/v2.0/devicecode', async ({ entra, params, body }) => {
    const { tenant } = params
    const form = new Form(body)
    const client = findClient(entra, form.required('client_id'), tenant)
    const scope = form.required('scope')
    checkScopesExist(client, readScopes(entra, scope))
    const { deviceCode, userCode } = entra.grants.issueDeviceCode(client.principal.appId, scope)
    const address = `${entra.publicUrl}/${entra.config.tenantId}/oauth2/deviceauth`
    return {
      user_code: userCode,
      device_code: deviceCode,
      verification_uri: address,
      expires_in: deviceCodeLifetimeSeconds,
      interval: 5,
      message: `To sign in, use a web browser to open the page ${address} and enter the code ${userCode} to authenticate.`,
    }
  })

  app.register(async pages => {
    servePages(pages)

    pages.get<PageRoute>('/:tenant/oauth2/deviceauth', async ({ entra, params, query }, reply) => {
      const device = entra.grants.waitingDevice(query['otc'] ?? '')
      if (!device) return sendCodePage(reply, query['otc'])
      return sendSignInPage(reply, requestOf(entra, params.tenant, device))
    })

    pages.post<PageRoute>('/:tenant/oauth2/deviceauth', async (request, reply) => {
      const { entra, params, query, body: form = new URLSearchParams() } = request
      refuseOtherSites(request)
      const device = entra.grants.waitingDevice(query['otc'] ?? '')
      if (!device) return sendCodePage(reply, query['otc'])
      if (form.has('cancel')) return answer(reply, device, 'declined')
      const user = entra.directory.visitor(form.get('account') ?? '')
      if (!user) throw refusal(50058)
      const wanted = requestOf(entra, params.tenant, device)
      if (!hasConsent(request, wanted, user, form)) return sendConsentPage(reply, wanted, user)
      return answer(reply, device, { userId: user.id })
    })
  })
}

/** Asks for the code, again if there is no such code. */
function sendCodePage(reply: FastifyReply, typed = ''): FastifyReply {
  const hint = typed === '' ? '' : html`<p>That code didn’t work. Check the code and try again.</p>\n`
  const body = html`${hint}<form method="get">
<label>Code <input name="otc" value="${typed}" autocomplete="off" required autofocus></label>
<button class="primary">Next</button>
</form>`
  return sendPage(reply, { title: 'Enter code to allow access', body })
}

/** The device's request as the pages show it. */
function requestOf(entra: Entra, tenant: string, { clientId, scope }: DeviceCode) {
  return { requested: readScopes(entra, scope), client: findClient(entra, clientId, tenant) }
}

/** Whether the user has consented, before or by this form. */
function hasConsent(
  request: FastifyRequest,
  wanted: ReturnType<typeof requestOf>,
  user: User,
  form: URLSearchParams,
) {
  const isMissing = lacksConsent(request.entra, wanted.client, user, wanted.requested)
  if (isMissing && form.has('consent')) recordConsent(request, wanted, user)
  return !isMissing || form.has('consent')
}

function answer(reply: FastifyReply, device: DeviceCode, given: NonNullable<DeviceCode['answer']>) {
  device.answer = given
  const title = given === 'declined' ? 'You declined the request' : 'You have signed in'
  return sendPage(reply, { title, body: html`<p>You may now close this window.</p>` })
}

/**
 * `/{tenant}/v2.0/adminconsent`: an administrator consents for all users
 * (https://learn.microsoft.com/entra/identity-platform/v2-admin-consent). Every account here counts as an administrator's.
 */
export async function serveAdminConsent(app: FastifyInstance): Promise<void> {
  servePages(app, (request, code) => (code === 65004 ? arrive(request).returnAddress : undefined))

  const arrive = ({ entra, params, query }: FastifyRequest<PageRoute>) => {
    const asked = { ...query, response_type: 'none' }
    const { client, returnAddress } = readReturnAddress(entra, params.tenant, asked)
    if (!query['scope']) throw refusal(900144, { parameter: 'scope' })
    const requested = readScopes(entra, query['scope'])
    checkScopesExist(client, requested)
    return { client, returnAddress, requested, scope: query['scope'] }
  }

  app.get<PageRoute>('/:tenant/v2.0/adminconsent', async (request, reply) =>
    sendAdminConsentPage(reply, arrive(request)),
  )

  app.post<PageRoute>('/:tenant/v2.0/adminconsent', async (request, reply) => {
    const { entra } = request
    const wanted = arrive(request)
    const form = request.body ?? new URLSearchParams()
    if (form.has('cancel')) throw refusal(65004)
    const administrator = entra.directory.visitor(form.get('account') ?? '')
    if (!administrator) return sendAdminConsentPage(reply, wanted)
    const { returnAddress, scope } = wanted
    recordConsent(request, wanted, administrator, true)
    return sendBack(reply, returnAddress, { admin_consent: 'True', tenant: entra.config.tenantId, scope })
  })
}
