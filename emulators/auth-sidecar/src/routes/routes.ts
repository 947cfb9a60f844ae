import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import type { Config, OverridableRoute } from '../config.ts'
import { callDownstream } from '../downstream/call.ts'
import { EntraRefusalError } from '../entra/responses.ts'
import { send, sendEmpty, sendJson, sendProblem, sendText } from '../http/responses.ts'
import { challengeHeader } from '../inbound/token-validator.ts'
import { textClaim } from '../jwt.ts'
import { unconfiguredApi } from '../settings/downstream-apis.ts'
import type { TokenAcquirer } from '../tokens/token-acquirer.ts'
import type { TokenRequest } from '../tokens/token-request.ts'
import { mergeOverrides, Query } from './overrides.ts'

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']

export function addRoutes(app: FastifyInstance, config: Config, tokens: TokenAcquirer): void {
  app.all('/healthz', async (_request, reply) => sendText(reply, 'Healthy'))
  app.get('/Validate', { preHandler: requireUser }, async (request, reply) =>
    sendValidation(request, reply, config.azureAd?.scopes),
  )
  refuseOtherMethods(app, '/Validate', 'GET')
  for (const suffix of ['', 'Unauthenticated'] as const) {
    const options = { preHandler: suffix === '' ? [requireUser] : [] }
    const headerUrl = `/AuthorizationHeader${suffix}/:apiName`
    app.get<ApiRoute>(headerUrl, options, async (request, reply) =>
      serveTokenRequest(config, `GetAuthorizationHeader${suffix}`, request, reply, async tokenRequest => ({
        authorizationHeader: `Bearer ${await tokens.acquire(tokenRequest)}`,
      })),
    )
    refuseOtherMethods(app, headerUrl, 'GET')
    const callUrl = `/DownstreamApi${suffix}/:apiName`
    app.post<ApiRoute>(callUrl, options, async (request, reply) =>
      serveTokenRequest(config, `CallDownstreamApi${suffix}`, request, reply, async tokenRequest =>
        callDownstream(tokenRequest, await tokens.acquire(tokenRequest), bodyToPassOn(request)),
      ),
    )
    refuseOtherMethods(app, callUrl, 'POST')
  }
}

async function requireUser(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.authentication.user) return
  sendEmpty(reply, 401, { 'www-authenticate': challengeHeader(request.authentication) })
}

/** Refuses all methods but `allowed` with 405 and an `Allow` header, also if the caller sent no valid token. */
function refuseOtherMethods(app: FastifyInstance, url: string, allowed: 'GET' | 'POST'): void {
  app.route({
    method: methods.filter(method => method !== allowed),
    url,
    handler: async (_request, reply) => sendEmpty(reply, 405, { allow: allowed }),
  })
}

/** Responds with the caller's token and claims. The configured text is one scope: a text with two scopes matches no token. */
function sendValidation(request: FastifyRequest, reply: FastifyReply, scope: string | undefined): void {
  const { user } = request.authentication
  if (!user) return
  const { token, claims } = user
  const granted =
    textClaim(claims, 'scp') ?? textClaim(claims, 'http://schemas.microsoft.com/identity/claims/scope')
  if (!scope?.trim() || granted?.split(' ').includes(scope))
    sendJson(reply, { protocol: 'Bearer', token, claims })
  else {
    const message = `IDW10203: The 'scope' or 'scp' claim does not contain scopes '${scope}' or was not found. `
    send(reply, 403, {}, message)
  }
}

/** Responds with what `serve` yields. A failure gets 401 with Entra’s text if `isUnauthorized`, else 500 without details. */
async function serveTokenRequest(
  config: Config,
  route: OverridableRoute,
  request: ApiRequest,
  reply: FastifyReply,
  serve: (tokenRequest: TokenRequest) => Promise<object>,
): Promise<void> {
  const tokenRequest = readTokenRequest(config, route, request, reply)
  if (!tokenRequest) return
  try {
    sendJson(reply, await serve(tokenRequest))
  } catch (error) {
    if (reply.raw.destroyed) {
      reply.hijack()
      return
    }
    const refusal = error instanceof EntraRefusalError ? error : undefined
    // Entra's text is not logged, since it names users and tenants.
    const code = /AADSTS\d+/.exec(refusal?.message ?? '')?.[0]
    request.log.error({ code, ...(refusal ? {} : { err: error }) }, 'No token could be acquired.')
    if (refusal && isUnauthorized(refusal, tokenRequest, route)) sendProblem(reply, 401, refusal.message)
    else sendProblem(reply, 500, 'An unexpected error occurred.')
  }
}

/**
 * Whether a refusal becomes a 401: each does if only a token is wanted. If the API is called, only a lack of a user does, and
 * Entra's refusal of a token on behalf of a user who can solve the problem.
 */
function isUnauthorized(
  { needsInteraction }: EntraRefusalError,
  { options, agent }: TokenRequest,
  route: OverridableRoute,
): boolean {
  if (route.startsWith('Get')) return true
  return needsInteraction && !options.requestAppToken && agent?.account === undefined
}

/** The body is passed on as UTF-8 text with the caller's media type. */
function bodyToPassOn({ body, headers }: ApiRequest) {
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim()
  if (!mediaType) return undefined
  return { type: `${mediaType}; charset=utf-8`, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }
}

interface ApiRoute {
  readonly Params: { readonly apiName: string }
}

type ApiRequest = FastifyRequest<ApiRoute>

/** What the official sidecar sends to Entra if the caller names no correlation id. */
const noCorrelationId = '00000000-0000-0000-0000-000000000000'

/**
 * Reads which token to request from the API's configuration and, if the route allows overrides, from the query, which is otherwise
 * ignored with a warning. Without scopes, responds with 400 and returns `undefined`.
 */
function readTokenRequest(
  { apis, allowsOverrides }: Config,
  route: OverridableRoute,
  request: ApiRequest,
  reply: FastifyReply,
): TokenRequest | undefined {
  const { apiName } = request.params
  const query = new Query(request.url)
  const configured = apis.get(apiName) ?? unconfiguredApi
  const isAllowed = allowsOverrides(route)
  if (!isAllowed && (query.agent || query.overrides.length > 0))
    request.log.warn(`Overrides are ignored: Sidecar:AllowOverrides:${route} is not true.`)
  const options = isAllowed ? mergeOverrides(configured, query.overrides) : configured
  if (!options.scopes) {
    const missing = `No scopes found for the API '${apiName}' or in optionsOverride.`
    sendProblem(reply, 400, `${missing} 'scopes' needs to be either a single value or a list of values.`)
    return undefined
  }
  const hangUp = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) hangUp.abort()
  })
  const traceparent = [request.headers['traceparent']].flat()[0]
  const { correlationId = noCorrelationId } = options
  const agent = isAllowed ? query.agent : undefined
  const trace = { correlationId, traceparent, signal: hangUp.signal }
  return { options, agent, user: request.authentication.user, trace }
}
