import type { IdentityClient } from '@entra-agents/identity'
import type { ProblemError } from '@entra-agents/service-kit'
import { Problem } from '@entra-agents/trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { problem } from '../problems.ts'

export interface HealthRouteOptions {
  readonly identity: Pick<IdentityClient, 'check' | 'health'>
}

/** Routes that Kubernetes calls by the pod's address. */
export const probePaths = ['/livez', '/readyz', '/sidecar/livez'] as const

const AliveBody = Type.Object({ status: Type.Literal('ok') })
const ReadyBody = Type.Object({ status: Type.Literal('ready') })
const NotReadyBody = Type.Object({ status: Type.Literal('not-ready'), problem: Problem })

/** `GET /livez`, `/readyz` and `/sidecar/livez`, for Kubernetes. */
export const healthRoutes: FastifyPluginAsyncTypebox<HealthRouteOptions> = async (app, { identity }) => {
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
  })
  const alive = { status: 'ok' } as const
  const notReady = (problem: ProblemError, requestId: string) =>
    ({ status: 'not-ready', problem: problem.toDocument(requestId) }) as const

  app.get(
    '/livez',
    { schema: { summary: 'Whether the process works', response: { 200: AliveBody } } },
    async () => alive,
  )

  // A pod stays ready despite failures that affect all replicas: a response that names the failure is better than none.
  // A sidecar that needs a restart affects one pod only, which is then not ready.
  const readySchema = {
    summary: 'Whether the process should get requests',
    response: { 200: ReadyBody, 503: NotReadyBody },
  }
  app.get('/readyz', { schema: readySchema }, async (request, reply) => {
    void identity.check()
    const reason = isStopping
      ? problem('AGENT_STOPPING', 'The agent is being stopped.')
      : identity.health.sidecarNeedsRestart
    return reason ? reply.code(503).send(notReady(reason, request.id)) : ({ status: 'ready' } as const)
  })

  const sidecarSchema = {
    summary: 'Whether the sidecar can go on; 503 only when nothing but its restart helps',
    response: { 200: AliveBody, 503: NotReadyBody },
  }
  app.get('/sidecar/livez', { schema: sidecarSchema }, async (request, reply) => {
    void identity.check()
    const { sidecarNeedsRestart } = identity.health
    return sidecarNeedsRestart ? reply.code(503).send(notReady(sidecarNeedsRestart, request.id)) : alive
  })
}
