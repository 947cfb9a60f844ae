import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { refusal } from '../errors/entra-error.ts'
import { acceptFormBodies } from '../form-bodies.ts'
import { checkTenant } from '../tenant.ts'
import type { TokenAnswer } from './answer.ts'
import { findClient, isAgentic } from './client.ts'
import { grantClientCredentials } from './client-credentials.ts'
import { grantAuthorizationCode, grantRefreshToken } from './code-and-refresh.ts'
import { shareWithPages } from './cors.ts'
import { Form } from './form.ts'
import { jwtBearerGrant } from './grant-types.ts'
import { grantOnBehalfOf } from './on-behalf-of.ts'

/** `POST /{tenant}/oauth2/v2.0/token` (https://learn.microsoft.com/entra/identity-platform/v2-protocols). */
export async function tokenEndpoint(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  acceptFormBodies(app)

  app.addHook('onRequest', async (request, reply) => shareWithPages(entra, request.headers.origin, reply))

  app.options('/:tenant/oauth2/v2.0/token', async (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers': 'content-type, client-request-id, x-client-sku, x-client-ver',
        'access-control-max-age': '600',
      })
      .send(),
  )

  app.post<{ Params: { tenant: string } }>('/:tenant/oauth2/v2.0/token', async (request, reply) => {
    checkTenant(entra, request.params.tenant)
    const form = new Form(request.body)
    const answer = await grant(entra, form, request.headers.origin)
    return reply.headers({ 'cache-control': 'no-store, no-cache', pragma: 'no-cache' }).send(answer)
  })
}

/** Agent identities and their blueprints have these flows and no other. */
const agenticGrantTypes: readonly string[] = ['client_credentials', jwtBearerGrant, 'refresh_token']

async function grant(entra: Entra, form: Form, origin: string | undefined): Promise<TokenAnswer> {
  const grantType = form.required('grant_type')
  const client = findClient(entra, form.required('client_id'))
  if (isAgentic(client) && !agenticGrantTypes.includes(grantType))
    throw refusal(82001, { client: client.principal.appId, flow: grantType })
  switch (grantType) {
    case 'client_credentials':
      return grantClientCredentials(entra, form, client)
    case jwtBearerGrant:
      return grantOnBehalfOf(entra, form, client)
    case 'authorization_code':
      return grantAuthorizationCode(entra, form, client, origin)
    case 'refresh_token':
      return grantRefreshToken(entra, form, client, origin)
    default:
      throw refusal(70003, { grantType })
  }
}
