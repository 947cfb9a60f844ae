import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OverridableRoute } from '../config.ts'
import { sendProblem } from '../http/replies.ts'
import { InvalidAgentUserError, readAgent } from '../overrides/agent.ts'
import { mergeOverrides, readOverrides } from '../overrides/merge.ts'
import { Query } from '../overrides/query.ts'
import { unconfiguredApi } from '../settings/downstream-apis.ts'
import type { Sidecar } from '../sidecar.ts'
import type { AgentSelection, TokenOrder } from '../tokens/token-order.ts'

export interface ApiRoute {
  readonly Params: { readonly apiName: string }
}

export type ApiRequest = FastifyRequest<ApiRoute>

/**
 * Turns a request into what to ask of Entra: the configured API, with the query's overrides where the route lets them
 * through. Where it does not, they are dropped with no more than a warning in the log, the agent identity included.
 * Answers 400 itself and returns `undefined` when the request cannot be served.
 */
export function placeOrder(
  sidecar: Sidecar,
  route: OverridableRoute,
  request: ApiRequest,
  reply: FastifyReply,
): TokenOrder | undefined {
  const { apiName } = request.params
  const { config } = sidecar
  const query = new Query(request.url)
  const overrides = readOverrides(query)
  const allowed = config.version === '1.0.0' || config.allowOverrides[route]
  warnOfIgnored(request, query, route, { overridesAllowed: allowed, overridden: overrides.length > 0 })
  const configured = config.apis.get(apiName) ?? unconfiguredApi
  const options = allowed ? mergeOverrides(configured, overrides, config.version) : configured
  if (!options.scopes) {
    sendProblem(
      reply,
      400,
      `No scopes found for the API '${apiName}' or in optionsOverride. 'scopes' needs to be either a single value or a list of values.`,
    )
    return undefined
  }
  try {
    const agent = allowed ? chooseAgent(sidecar, query, apiName, overrides.length > 0) : undefined
    const { correlationId } = options.acquireTokenOptions
    return {
      options,
      agent,
      person: request.authentication.person,
      trace: traceOf(request, reply, correlationId),
    }
  } catch (error) {
    if (!(error instanceof InvalidAgentUserError)) throw error
    sendProblem(reply, 400, error.message)
    return undefined
  }
}

/** In 1.0.0 an agent sticks to the API until another one is named. */
function chooseAgent(
  { config, stickyAgents }: Sidecar,
  query: Query,
  apiName: string,
  overridden: boolean,
): AgentSelection | undefined {
  const agent = readAgent(query, config.version)
  if (config.version !== '1.0.0') return agent
  if (agent && !overridden) stickyAgents.set(apiName, agent)
  return agent ?? stickyAgents.get(apiName)
}

function traceOf(
  request: ApiRequest,
  reply: FastifyReply,
  correlationId: string | undefined,
): TokenOrder['trace'] {
  const hangUp = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) hangUp.abort()
  })
  const { traceparent } = request.headers
  return {
    correlationId,
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    signal: hangUp.signal,
  }
}

function warnOfIgnored(
  request: ApiRequest,
  query: Query,
  route: OverridableRoute,
  { overridesAllowed, overridden }: { readonly overridesAllowed: boolean; readonly overridden: boolean },
): void {
  if (overridden && query.text('optionsoverride.baseurl')) {
    request.log.warn('optionsOverride.BaseUrl is ignored: the base URL is fixed by configuration.')
  }
  if (overridesAllowed) return
  if (overridden)
    request.log.warn(`optionsOverride.* is ignored: Sidecar:AllowOverrides:${route} is not true.`)
  if (query.text('agentidentity')) {
    request.log.warn(`AgentIdentity is ignored: Sidecar:AllowOverrides:${route} is not true.`)
  }
}
