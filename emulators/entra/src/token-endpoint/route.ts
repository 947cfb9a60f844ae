import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { decodeJwt } from 'jose'
import { EntraError, refusal } from '../errors/entra-error.ts'
import { findClient, type SignInNotes, type TokenRequest } from '../oauth/client.ts'
import { acceptFormBodies, Form } from '../oauth/form.ts'
import { claimsToKeep } from '../tokens/jwt.ts'
import { grantClientCredentials, type TokenResponse } from './grant-tokens.ts'
import { signInOf } from './sign-in-row.ts'
import {
  allowsOrigin,
  grantAgentUser,
  grantByCode,
  grantByDeviceCode,
  grantByRefreshToken,
  grantOnBehalfOf,
} from './user-grants.ts'

declare module 'fastify' {
  interface FastifyRequest {
    signIn?: SignInNotes
  }
}

const tokenPath = '/:tenant/oauth2/v2.0/token'

/** `POST /{tenant}/oauth2/v2.0/token` (https://learn.microsoft.com/entra/identity-platform/v2-protocols). */
export async function serveTokens(app: FastifyInstance): Promise<void> {
  acceptFormBodies(app)
  app.addHook('preValidation', async (request, reply) => allowPagesToRead(request, reply))

  app.decorateRequest('signIn')
  app.addHook('onError', async (request, _reply, error) => logRefusal(request, error))

  app.options(tokenPath, async (_request, reply) =>
    reply
      .code(204)
      .headers({
        'access-control-allow-methods': 'POST, OPTIONS',
        'access-control-allow-headers': 'content-type, client-request-id, x-client-sku, x-client-ver',
        'access-control-max-age': '600',
      })
      .send(),
  )

  app.post<{ Params: { tenant: string }; Querystring: Readonly<Record<string, string>> }>(
    tokenPath,
    async (request, reply) => {
      const { entra } = request
      if (request.query['fmi_path'] !== undefined) throw refusal(82008)
      const form = new Form(request.body, request.headers.authorization)
      const notes: SignInNotes = {}
      request.signIn = notes
      await entra.clientDocuments.admit(entra.directory, form.required('client_id'))
      const client = findClient(entra, form.required('client_id'), request.params.tenant)
      const response = await grantTokens({ entra, form, client, origin: request.headers.origin, notes })
      const claims = decodeJwt(String(response['access_token']))
      const issuedTokens = claimsToKeep(entra, response)
      entra.requests.note(request, { tokenId: String(claims['uti']), issuedTokens })
      entra.logs.signIns.add(signInOf(request, form, notes, { tokenId: String(claims['uti']) }))
      return reply.headers({ 'cache-control': 'no-store, no-cache', pragma: 'no-cache' }).send(response)
    },
  )
}

/** Writes the row of a refused request; without a form or a tenant of this emulator there is nobody to write it of. */
function logRefusal(request: FastifyRequest, error: Error): void {
  const { entra, body, headers, signIn = {} } = request
  if (error instanceof EntraError && [9000411, 90002, 900023].includes(error.code)) return
  entra.logs.signIns.add(signInOf(request, new Form(body, headers.authorization), signIn, error))
}

/** The grant of RFC 7523, which Entra uses for on-behalf-of. */
const jwtBearerGrant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** The only grant types of a client with a metadata document. */
const documentGrants: readonly string[] = ['authorization_code', 'refresh_token']

/** The only grant types that agent identities and their blueprints may use. */
const agenticGrants: readonly string[] = ['client_credentials', jwtBearerGrant, 'refresh_token', 'user_fic']

const grants = new Map<string, (request: TokenRequest) => Promise<TokenResponse>>([
  ['client_credentials', grantClientCredentials],
  [jwtBearerGrant, grantOnBehalfOf],
  ['user_fic', grantAgentUser],
  ['authorization_code', grantByCode],
  ['device_code', grantByDeviceCode],
  ['urn:ietf:params:oauth:grant-type:device_code', grantByDeviceCode],
  ['refresh_token', grantByRefreshToken],
])

async function grantTokens(request: TokenRequest): Promise<TokenResponse> {
  const { form, client } = request
  const grantType = form.required('grant_type')
  if (form.optional('token_type') === 'pop') {
    const text = 'Emulator: tokens with proof of possession are not issued.'
    throw refusal(9002313, {}, { error: 'invalid_request', text })
  }
  const allowed = client.principal.document ? documentGrants : agenticGrants
  if (client.principal.kind !== 'servicePrincipal' && !allowed.includes(grantType))
    throw refusal(82001, { client: client.principal.appId, what: `tokens by the grant type '${grantType}'` })
  const grant = grants.get(grantType)
  if (!grant) throw refusal(70003, { grantType })
  return grant(request)
}

/** Lets the pages of registered single-page applications read the response, refusals included. */
function allowPagesToRead({ entra, headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
  reply.header('vary', 'Origin')
  const redirectUris = entra.directory.content.applications.flatMap(({ spa }) => spa.redirectUris)
  if (origin === undefined || !allowsOrigin(redirectUris, origin)) return
  reply.headers({
    'access-control-allow-origin': origin,
    'access-control-expose-headers': 'x-ms-request-id, client-request-id, retry-after',
  })
}
