import { sendProblem, valuesOfHeader } from '@entra-bedrock-agent/service-kit'
import { appAttributes, httpAttributes, logIdAttributes } from '@entra-bedrock-agent/telemetry'
import { type Attributes, context, SpanStatusCode, type Tracer } from '@opentelemetry/api'
import type { Registry } from '@prometheus-io/client'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { Access, AccessNeeds } from './access.ts'
import { describeContextChallenge } from './authentication-context.ts'
import { readBearerToken } from './bearer-token.ts'
import type { Identity } from './caller.ts'
import { publicAuthority } from './checks.ts'
import { addDenyListAge, openDecisionCounter } from './metrics.ts'
import type { ProblemTexts } from './problem-texts.ts'
import { AccessForbidden, explainRefusals } from './problems.ts'
import {
  metadataChallenge,
  metadataPaths,
  type ProtectedResource,
  publishMetadata,
} from './protected-resource.ts'
import { createTokenCheck, type TokenCheck, type TokenCheckOptions } from './token-check.ts'
import { TokenRefused } from './token-refused.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The caller and the decision; set only on routes that require a token. */
    access: Access
  }
}

export interface RequireAgentTokenOptions
  extends Omit<TokenCheckOptions, 'log'>,
    Pick<ProblemTexts, 'problems'> {
  /** The API's name in challenges and metrics, in kebab-case: `weather-api`. */
  readonly name: string
  /** Prefix of the API's problem codes. Default: made from the API's name, such as `WEATHER_API` for `weather-api`. */
  readonly codePrefix?: string
  /** The API's name for people: `Weather API`. */
  readonly title: string
  /** A check to share with other registrations in the app. Default: a new one with these options. */
  readonly check?: TokenCheck
  /**
   * Needs that only the body of a request shows, such as those of the tools that the request calls. They are checked
   * after the body has been read; the API's general needs are checked before. If the list is empty, nothing more is checked.
   */
  readonly needsOf?: (request: FastifyRequest) => readonly AccessNeeds[]
  /** The URL of the API as clients know it. If set, the metadata of the resource is published (RFC 9728). */
  readonly resource?: string | undefined
  /** Gives each check a span. */
  readonly tracer?: Pick<Tracer, 'startSpan'> | undefined
  /** Registry for `<name>_token_decisions_total` (decisions by flow and outcome) and `<name>_deny_list_age_seconds`. */
  readonly metrics?: Registry | undefined
}

/**
 * Requires a valid token for all routes of the Fastify context in which the plugin is registered. Each decision goes to the audit
 * log: ids of caller, user and API, and the reason for a refusal. A refusal is a problem (RFC 9457) with a challenge (RFC 6750).
 */
export const requireAgentToken = plugin(addTokenCheck, { name: 'require-agent-token', fastify: '5.x' })

async function addTokenCheck(app: FastifyInstance, options: RequireAgentTokenOptions): Promise<void> {
  const { name, tracer, check = createTokenCheck({ ...options, log: app.log }) } = options
  const counter = options.metrics && (await openDecisionCounter(options.metrics, name))
  if (options.metrics && check.denyList) await addDenyListAge(options.metrics, name, check.denyList)
  const resource = describeResource(options)
  const openPaths = resource ? metadataPaths(resource.url) : []
  const { needsOf, permissions, authenticationContext } = options
  const inGeneral: AccessNeeds = { permissions, authenticationContext }
  // Audit lines have ids only. They need no redaction by wildcard paths, which would cost more than the line itself.
  const auditLog = app.log.child({}, { redact: ['authorization'] })

  async function admit(request: FastifyRequest, reply: FastifyReply, needs = inGeneral) {
    const what = { requestId: request.id, action: `${request.method} ${request.routeOptions.url ?? ''}` }
    const span = tracer?.startSpan('validate token', {}, context.active())
    let who: Identity | undefined
    try {
      const access = await check.check(readBearerToken(valuesOfHeader(request.raw, 'authorization')), needs)
      const { identity, refusal } = access
      who = identity
      if (refusal) {
        const Refused = refusal.isOfToken ? TokenRefused : AccessForbidden
        throw new Refused(refusal.failedCheck, refusal.reason)
      }
      request.access = access
    } catch (error) {
      const problem = explainRefusals(describeRefusals(options, needs))(error)
      const { code, options: more } = problem
      const reason = String(more.extensions?.['failedCheck'] ?? code)
      auditLog.warn({ audit: 'refused', reason, ...what, ...who }, 'Access refused.')
      span?.setAttribute(httpAttributes.errorType, reason).setStatus({ code: SpanStatusCode.ERROR })
      counter?.inc({ flow: who?.flow ?? '', outcome: reason })
      return sendProblem(request, reply, problem)
    } finally {
      span?.setAttributes(spanAttributesOf(who)).end()
    }
    counter?.inc({ flow: who.flow, outcome: 'OK' })
    auditLog.info({ audit: 'allowed', ...what, ...who }, 'Access allowed.')
    return undefined
  }

  app.decorateRequest('access')
  app.addHook('onRequest', async (request, reply) =>
    openPaths.some(path => path === request.routeOptions.url) ? undefined : admit(request, reply),
  )
  if (needsOf)
    app.addHook('preHandler', async (request, reply) => {
      for (const needs of new Set(needsOf(request))) {
        await admit(request, reply, needs)
        // Awaiting `admit` gives `undefined` even after a refusal; only `reply.sent` shows the refusal.
        if (reply.sent) return
      }
    })
  if (resource) publishMetadata(app, resource)
  if (!options.check) app.addHook('onClose', () => check.close())
}

/** The metadata to publish (RFC 9728); `undefined` if the API has no public URL. */
function describeResource(options: RequireAgentTokenOptions): ProtectedResource | undefined {
  const { resource, title, authority = publicAuthority, tenantId } = options
  if (resource === undefined) return undefined
  return { url: resource, title, issuer: `${authority}/${tenantId}/v2.0`, scopes: scopesOf(options, options) }
}

/** The full names of the scopes that are enough for a call on behalf of a user. */
function scopesOf({ appId }: RequireAgentTokenOptions, { permissions }: AccessNeeds): readonly string[] {
  return [permissions.obo ?? '.default'].flat().map(scope => `api://${appId}/${scope}`)
}

/** What the problem and the challenge say when a call with these needs is refused. */
function describeRefusals(options: RequireAgentTokenOptions, needs: AccessNeeds): ProblemTexts {
  const { name, codePrefix = codePrefixOf(name), problems = {}, resource: url } = options
  const { authority = publicAuthority, tenantId } = options
  const [scope = ''] = scopesOf(options, needs)
  const { authenticationContext: context } = needs
  return {
    realm: name,
    codePrefix,
    problems,
    ...(url === undefined ? {} : { pointer: metadataChallenge({ url }, scope) }),
    ...(context === undefined
      ? {}
      : { contextChallenge: describeContextChallenge(authority, tenantId, context) }),
  }
}

const codePrefixOf = (name: string) => name.toUpperCase().replaceAll('-', '_')

function spanAttributesOf(who: Identity | undefined): Attributes {
  return {
    [appAttributes.flow]: who?.flow,
    [appAttributes.agentClientId]: who?.caller,
    [logIdAttributes.tokenId]: who?.tokenId,
  }
}
