import { Problem } from '@entra-bedrock-agent/identity-trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { AgentTokens } from '../identity/agent-tokens.ts'
import type { Readiness } from '../status/readiness.ts'

export interface HealthRouteOptions {
  readonly readiness: Readiness
  readonly tokens: AgentTokens
}

const Alive = Type.Object({ status: Type.Literal('ok') })
const Ready = Type.Object({ status: Type.Literal('ready') })
const NotReady = Type.Object({ status: Type.Literal('not-ready'), problem: Problem })

/** `GET /livez` and `GET /readyz`, for Kubernetes. */
export const healthRoutes: FastifyPluginAsyncTypebox<HealthRouteOptions> = async (app, options) => {
  const { readiness, tokens } = options

  app.get(
    '/livez',
    { schema: { summary: 'Whether the process works', response: { 200: Alive } } },
    async () => ({
      status: 'ok' as const,
    }),
  )

  const schema = {
    summary: 'Whether the process should get requests',
    response: { 200: Ready, 503: NotReady },
  }
  app.get('/readyz', { schema }, async (request, reply) => {
    void tokens.refresh()
    const { obstacle } = readiness
    if (!obstacle) return { status: 'ready' as const }
    return reply.code(503).send({ status: 'not-ready', problem: obstacle.toDocument(request.id) })
  })
}
