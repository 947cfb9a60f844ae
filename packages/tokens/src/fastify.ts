import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import plugin from 'fastify-plugin'
import type { AccessNeeds } from './access.ts'
import { AccessRefused } from './access-refused.ts'
import type { ResourceServerOptions } from './options.ts'
import type { ResourceMetadata } from './protected-resource.ts'
import {
  type Caller,
  createResourceServer,
  type ResourceServer,
  refusedIdentities,
} from './resource-server.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; set only on routes behind `resourceServer`. */
    access: Caller
  }
}

export type FastifyResourceServerOptions = (
  | ResourceServerOptions
  /** A server that contexts of the app share. The app does not close it. */
  | { readonly server: ResourceServer }
) & {
  /**
   * Needs that only the body of a request shows, such as those of the tools that the request calls. They are checked
   * after the body has been read; the API's general needs are checked before. If the list is empty, nothing more is checked.
   */
  readonly needsOf?: (request: FastifyRequest) => readonly AccessNeeds[]
  /** Sends a refusal. Default: its problem, with the id of the request. */
  readonly sendRefusal?: (refused: AccessRefused, request: FastifyRequest, reply: FastifyReply) => unknown
}

/**
 * Requires a token for all routes of the Fastify context in which the plugin is registered. Each decision goes to the app's
 * log: ids of caller, user and API, and the reason for a refusal.
 */
export const resourceServer = plugin(addResourceServer, { name: 'resource-server', fastify: '5.x' })

async function addResourceServer(app: FastifyInstance, options: FastifyResourceServerOptions): Promise<void> {
  const { needsOf, sendRefusal = sendProblem } = options
  const server = 'server' in options ? options.server : createResourceServer({ log: app.log, ...options })
  const { metadata } = server
  // Audit lines have ids only. They need no redaction by wildcard paths, which would cost more than the line itself.
  const auditLog = app.log.child({}, { redact: ['authorization'] })

  async function admit(request: FastifyRequest, reply: FastifyReply, needs?: AccessNeeds) {
    const what = { requestId: request.id, action: `${request.method} ${request.routeOptions.url ?? ''}` }
    try {
      request.access = await server.authorize(request.raw, needs)
      const { checks: _checks, ...who } = request.access
      auditLog.info({ audit: 'allowed', ...what, ...who }, 'Access allowed.')
      return undefined
    } catch (error) {
      if (!(error instanceof AccessRefused)) throw error
      const reason = error.failedCheck ?? error.problem.code
      const who = refusedIdentities.get(error)
      auditLog.warn({ audit: 'refused', reason, ...what, ...who }, 'Access refused.')
      return sendRefusal(error, request, reply)
    }
  }

  app.decorateRequest('access')
  app.addHook('onRequest', async (request, reply) =>
    metadata?.paths.some(path => path === request.routeOptions.url) ? undefined : admit(request, reply),
  )
  if (needsOf)
    app.addHook('preHandler', async (request, reply) => {
      for (const needs of new Set(needsOf(request))) {
        await admit(request, reply, needs)
        // Awaiting `admit` gives `undefined` even after a refusal; only `reply.sent` shows the refusal.
        if (reply.sent) return
      }
    })
  if (metadata) publish(app, metadata)
  if (!('server' in options)) app.addHook('onClose', () => server.close())
}

function sendProblem(
  { status, headers, problem }: AccessRefused,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  return reply
    .code(status)
    .headers(headers)
    .send({ ...problem, requestId: request.id })
}

/** Publishes the metadata by which clients find out where to obtain tokens (RFC 9728). */
function publish(app: FastifyInstance, { paths, body }: ResourceMetadata): void {
  const text = { type: 'string' }
  const shapes = Object.entries(body).map(([name, value]) => [
    name,
    typeof value === 'string' ? text : { type: 'array', items: text },
  ])
  const properties = Object.fromEntries(shapes)
  const shape = { type: 'object', required: Object.keys(body), properties, additionalProperties: false }
  const schema = { summary: 'Where do tokens come from?', response: { 200: shape } }
  for (const path of paths) app.get(path, { schema }, async () => body)
}
