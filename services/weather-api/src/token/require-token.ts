import { toProblem, valuesOfHeader } from '@entra-bedrock-agent/service-kit'
import { appAttributes, httpAttributes, logIdAttributes } from '@entra-bedrock-agent/telemetry'
import { type Attributes, context, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import type { ApiMetrics } from '../metrics.ts'
import type { Access, Identity } from './access.ts'
import { readBearerToken } from './bearer-token.ts'
import { forbid } from './refusals.ts'
import type { TokenValidator } from './token-validator.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the token of this request permits; only on protected routes. */
    access: Access
  }
}

export interface Observers {
  readonly tracer: Pick<Tracer, 'startSpan'> | undefined
  readonly metrics: Pick<ApiMetrics, 'tokenDecided'> | undefined
}

/**
 * Lets only requests with a valid token through to the routes of this plugin. Each decision goes to the audit log: who
 * called, for whom, for what, and why they were refused; ids only. Where requests are traced, the check has a span of its own.
 */
export function requireToken(
  app: FastifyInstance,
  validator: Pick<TokenValidator, 'validate'>,
  { tracer, metrics }: Observers,
): void {
  // A line holds ids only; looking for more to cut out, anywhere in it, would cost more than writing it.
  const auditLog = app.log.child({}, { redact: ['authorization'] })

  app.decorateRequest('access')
  app.addHook('onRequest', async request => {
    const what = { requestId: request.id, action: `${request.method} ${request.routeOptions.url}` }
    const span = tracer?.startSpan('validate token', {}, context.active())
    let who: Identity | undefined
    try {
      request.access = await validator.validate(readBearerToken(valuesOfHeader(request.raw, 'authorization')))
      const { identity, refusal } = request.access
      who = identity
      if (refusal) throw forbid(refusal.failedCheck, refusal.reason)
    } catch (error) {
      const { code, options } = toProblem(error)
      const reason = String(options.extensions?.['failedCheck'] ?? code)
      auditLog.warn({ audit: 'refused', reason, ...what, ...who }, 'Access refused.')
      span?.setAttribute(httpAttributes.errorType, reason).setStatus({ code: SpanStatusCode.ERROR })
      metrics?.tokenDecided(reason, who?.flow)
      throw error
    } finally {
      span?.setAttributes(describe(who)).end()
    }
    metrics?.tokenDecided('OK', request.access.identity.flow)
    auditLog.info({ audit: 'allowed', ...what, ...who }, 'Access allowed.')
  })
}

function describe(who: Identity | undefined): Attributes {
  return {
    [appAttributes.flow]: who?.flow,
    [appAttributes.agentClientId]: who?.caller,
    [logIdAttributes.tokenId]: who?.tokenId,
  }
}
