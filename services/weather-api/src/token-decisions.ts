import { ProblemError, proxyProblem, sendProblem } from '@entra-agents/service-kit'
import { appAttributes, httpAttributes, logIdAttributes } from '@entra-agents/telemetry'
import type { AccessRefused, Decision } from '@entra-agents/tokens'
import { isSigningKeysUnavailable } from '@entra-agents/tokens/verify'
import { context, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Gives the check of a token a span in the trace of its request. */
export function traceDecision(
  tracer: Pick<Tracer, 'startSpan'> | undefined,
  { outcome, identity, durationMs }: Decision,
): void {
  const attributes = {
    [appAttributes.flow]: identity?.flow,
    [appAttributes.agentClientId]: identity?.caller,
    [logIdAttributes.tokenId]: identity?.tokenId,
  }
  const startTime = Date.now() - durationMs
  const span = tracer?.startSpan('validate token', { startTime, attributes }, context.active())
  if (outcome !== 'OK')
    span?.setAttribute(httpAttributes.errorType, outcome).setStatus({ code: SpanStatusCode.ERROR })
  span?.end()
}

/** Sends a refusal as this service sends and logs all its problems, and says so if the proxy keeps the keys out of reach. */
export function sendRefusal(refused: AccessRefused, request: FastifyRequest, reply: FastifyReply) {
  const { cause, headers, problem } = refused
  const proxied = isSigningKeysUnavailable(cause) ? proxyProblem(cause, cause.url) : undefined
  const { code, detail, upstream, failedCheck, checks } = problem
  const extensions = { ...(failedCheck ? { failedCheck } : {}), ...(checks ? { checks } : {}) }
  const own = new ProblemError(code, problem, detail, { headers, upstream, extensions })
  return sendProblem(request, reply, proxied ?? own)
}
