import type { FastifyReply, FastifyRequest } from 'fastify'
import type { OverridableRoute } from '../config.ts'
import { EntraRefusalError } from '../entra/failures.ts'
import { sendProblem } from '../http/replies.ts'
import { hasOverrides, mergeOverrides, overridesBaseUrl } from '../overrides/merge.ts'
import { Query } from '../overrides/query.ts'
import { unconfiguredApi } from '../settings/downstream-apis.ts'
import type { Sidecar } from '../sidecar.ts'
import { NoAccountError } from '../tokens/failures.ts'
import type { TokenOrder } from '../tokens/token-acquirer.ts'

/**
 * Turns a request into what to ask of Entra: the configured API, with the query's overrides where the route lets
 * them through. Where it does not they are dropped with no more than a warning, the agent identity included.
 * Answers 400 itself and returns `undefined` when there is no scope to ask for.
 */
export function placeOrder(
  sidecar: Sidecar,
  route: OverridableRoute,
  request: FastifyRequest<{ Params: { apiName: string } }>,
  reply: FastifyReply,
): TokenOrder | undefined {
  const { apiName } = request.params
  const query = new Query(request.url)
  const configured = sidecar.config.apis.get(apiName) ?? unconfiguredApi
  const allowed = sidecar.config.version === '1.0.0' || sidecar.config.allowOverrides[route]
  const agentIdentity = query.text('AgentIdentity')?.trim() || undefined
  if (overridesBaseUrl(query)) request.log.warn('optionsOverride.BaseUrl was ignored.')
  if (!allowed && hasOverrides(query)) request.log.warn({ route }, 'optionsOverride.* was ignored.')
  if (!allowed && agentIdentity) request.log.warn({ route }, 'AgentIdentity was ignored.')
  const options = allowed ? mergeOverrides(configured, query) : configured
  if (!options.scopes) {
    sendProblem(
      reply,
      400,
      `No scopes found for the API '${apiName}' or in optionsOverride. 'scopes' needs to be either a single value or a list of values.`,
    )
    return undefined
  }
  const { traceparent } = request.headers
  const hangUp = new AbortController()
  reply.raw.once('close', () => hangUp.abort())
  return {
    options,
    agentIdentity: allowed ? agentIdentity : undefined,
    person: undefined,
    trace: {
      correlationId: options.acquireTokenOptions.correlationId,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      signal: hangUp.signal,
    },
  }
}

/** 401 with Entra's own words where Entra refused, 500 without a word for everything else. */
export function answerTokenFailure(request: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (reply.raw.destroyed) return
  request.log.error({ err: error }, 'No token.')
  if (error instanceof EntraRefusalError || error instanceof NoAccountError) {
    sendProblem(reply, 401, error.message)
  } else {
    sendProblem(reply, 500, 'An unexpected error occurred.')
  }
}
