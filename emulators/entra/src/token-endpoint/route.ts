import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { acceptFormBodies } from '../form-bodies.ts'
import { checkTenant } from '../tenant.ts'
import type { TokenAnswer } from './answer.ts'
import { findClient, isAgentic } from './client.ts'
import { grantClientCredentials } from './client-credentials.ts'
import { Form } from './form.ts'

/** `POST /{tenant}/oauth2/v2.0/token` (https://learn.microsoft.com/entra/identity-platform/v2-protocols). */
export async function tokenEndpoint(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  acceptFormBodies(app)

  app.post<{ Params: { tenant: string } }>('/:tenant/oauth2/v2.0/token', async (request, reply) => {
    checkTenant(entra, request.params.tenant)
    const form = new Form(request.body)
    const answer = await grant(entra, form)
    return reply.headers({ 'cache-control': 'no-store, no-cache', pragma: 'no-cache' }).send(answer)
  })
}

async function grant(entra: Entra, form: Form): Promise<TokenAnswer> {
  const grantType = form.required('grant_type')
  const client = findClient(entra, form.required('client_id'))
  switch (grantType) {
    case 'client_credentials':
      return grantClientCredentials(entra, form, client)
    default:
      if (isAgentic(client)) throw refusal(82001, { client: client.principal.appId, flow: grantType })
      throw refusal(70003, { grantType })
  }
}
