import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config, OverridableRoute } from '../config.ts'
import { sendProblem } from '../http/responses.ts'
import { unconfiguredApi } from '../settings/downstream-apis.ts'
import type { TokenRequest } from '../tokens/token-request.ts'
import { mergeOverrides, Query } from './overrides.ts'

export interface ApiRoute {
  readonly Params: { readonly apiName: string }
}

export type ApiRequest = FastifyRequest<ApiRoute>

/** What the official sidecar sends to Entra if the caller names no correlation id. */
const noCorrelationId = '00000000-0000-0000-0000-000000000000'

/**
 * Reads which token to request from the API's configuration and, if the route allows overrides, from the query, which is otherwise
 * ignored with a warning. Without scopes, responds with 400 and returns `undefined`.
 */
export function readTokenRequest(
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
