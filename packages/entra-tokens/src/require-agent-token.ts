import { sendProblem, valuesOfHeader } from '@entra-bedrock-agent/service-kit'
import { appAttributes, httpAttributes, logIdAttributes } from '@entra-bedrock-agent/telemetry'
import { type Attributes, context, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import type { Registry } from 'prom-client'
import type { Access } from './access.ts'
import { readBearerToken } from './bearer-token.ts'
import type { Identity } from './caller.ts'
import { publicAuthority } from './checks.ts'
import { decisionCounter } from './decision-counter.ts'
import { showAge } from './deny-list/age.ts'
import type { ProblemTexts } from './problem-texts.ts'
import { AccessForbidden, explainRefusals } from './problems.ts'
import {
  metadataPaths,
  type ProtectedResource,
  pointerToMetadata,
  publishMetadata,
} from './protected-resource.ts'
import { createTokenCheck, type TokenCheck, type TokenCheckOptions } from './token-check.ts'
import { TokenRefused } from './token-refused.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller and the decision; only on routes that require a token. */
    access: Access
  }
}

export interface RequireAgentTokenOptions
  extends Omit<TokenCheckOptions, 'log'>,
    Pick<ProblemTexts, 'problems'> {
  /** The API's name in challenges and metrics, in kebab-case: `weather-api`. */
  readonly name: string
  /** Prefix of its problems' codes. Default: the name, `WEATHER_API` for `weather-api`. */
  readonly codePrefix?: string
  /** For people: `Weather API`. */
  readonly title: string
  /** A check to share with other scopes of the app. Default: a new one with these options. */
  readonly check?: TokenCheck
  /** The URL of the API as clients know it. If set, the metadata of the resource is published (RFC 9728). */
  readonly resource?: string | undefined
  /** Gives each check a span. */
  readonly tracer?: Pick<Tracer, 'startSpan'> | undefined
  /** Registry for `<name>_token_decisions_total`, the decisions by flow and outcome, and `<name>_deny_list_age_seconds`. */
  readonly metrics?: Registry | undefined
}

/**
 * Requires a valid token for all routes of the scope that it is registered in. Each decision goes to the audit log, with ids
 * only: caller, user, API, and why it was refused. A refusal is a problem (RFC 9457) with a challenge (RFC 6750).
 */
export const requireAgentToken = plugin(addTokenCheck, { name: 'require-agent-token', fastify: '5.x' })

async function addTokenCheck(app: FastifyInstance, options: RequireAgentTokenOptions): Promise<void> {
  const { name, tracer, check = createTokenCheck({ ...options, log: app.log }) } = options
  const counter = options.metrics && (await decisionCounter(options.metrics, name))
  if (options.metrics && check.denyList) await showAge(options.metrics, name, check.denyList)
  const resource = describeResource(options)
  const openPaths = resource ? metadataPaths(resource.url) : []
  const pointer = resource ? pointerToMetadata(resource) : ''
  const { codePrefix = upperCase(name), problems = {} } = options
  const explain = explainRefusals({ realm: name, codePrefix, problems, pointer })
  // Lines have ids only, so redaction by wildcard paths, which costs more than the line itself, is not needed.
  const auditLog = app.log.child({}, { redact: ['authorization'] })

  app.decorateRequest('access')
  app.addHook('onRequest', async (request, reply) => {
    const { url = '' } = request.routeOptions
    if (openPaths.includes(url)) return
    const what = { requestId: request.id, action: `${request.method} ${url}` }
    const span = tracer?.startSpan('validate token', {}, context.active())
    let who: Identity | undefined
    try {
      const access = await check.check(readBearerToken(valuesOfHeader(request.raw, 'authorization')))
      const { identity, refusal } = access
      who = identity
      if (refusal) {
        const Refused = refusal.isOfToken ? TokenRefused : AccessForbidden
        throw new Refused(refusal.failedCheck, refusal.reason)
      }
      request.access = access
    } catch (error) {
      const problem = explain(error)
      const { code, options } = problem
      const reason = String(options.extensions?.['failedCheck'] ?? code)
      auditLog.warn({ audit: 'refused', reason, ...what, ...who }, 'Access refused.')
      span?.setAttribute(httpAttributes.errorType, reason).setStatus({ code: SpanStatusCode.ERROR })
      counter?.inc({ flow: who?.flow ?? '', outcome: reason })
      return sendProblem(request, reply, problem)
    } finally {
      span?.setAttributes(describe(who)).end()
    }
    counter?.inc({ flow: who.flow, outcome: 'OK' })
    auditLog.info({ audit: 'allowed', ...what, ...who }, 'Access allowed.')
    return undefined
  })
  if (resource) publishMetadata(app, resource)
  if (!options.check) app.addHook('onClose', () => check.close())
}

/** The metadata of the API, with the full name of its scope, since Entra takes a bare name for a scope of Microsoft Graph. */
function describeResource(options: RequireAgentTokenOptions): ProtectedResource | undefined {
  const { resource, title, authority = publicAuthority, tenantId, appId, permissions } = options
  if (resource === undefined) return undefined
  const scope = `api://${appId}/${permissions.obo ?? '.default'}`
  return { url: resource, title, issuer: `${authority}/${tenantId}/v2.0`, scope }
}

const upperCase = (name: string) => name.toUpperCase().replaceAll('-', '_')

function describe(who: Identity | undefined): Attributes {
  return {
    [appAttributes.flow]: who?.flow,
    [appAttributes.agentClientId]: who?.caller,
    [logIdAttributes.tokenId]: who?.tokenId,
  }
}
