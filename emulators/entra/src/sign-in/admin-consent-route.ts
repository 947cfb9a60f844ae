import type { FastifyInstance, FastifyRequest } from 'fastify'
import { refusal } from '../errors/entra-error.ts'
import { readScopes } from '../oauth/scopes.ts'
import { checkScopesExist, recordConsent } from './authorize-request.ts'
import { sendAdminConsentPage, servePages } from './pages.ts'
import { type PageRoute, readReturnAddress, sendBack } from './return-address.ts'

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
    if (!entra.directory.visitor(form.get('account') ?? '')) return sendAdminConsentPage(reply, wanted)
    const { returnAddress, scope } = wanted
    recordConsent(entra, wanted, null)
    return sendBack(reply, returnAddress, { admin_consent: 'True', tenant: entra.config.tenantId, scope })
  })
}
