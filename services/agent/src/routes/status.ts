import { Status } from '@entra-bedrock-agent/identity-trace'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { describeStatus, type Observed } from '../status/status.ts'

export interface StatusRouteOptions {
  readonly observe: () => Observed
  /** Renews the status in the background. */
  readonly refresh: () => void
}

/** `GET /api/status`: responds at once with the last known status, and renews it in the background. */
export const statusRoute: FastifyPluginAsyncTypebox<StatusRouteOptions> = async (
  app,
  { observe, refresh },
) => {
  const schema = { summary: 'The health of what the agent depends on', response: { 200: Status } }
  app.get('/api/status', { schema }, async request => {
    refresh()
    return describeStatus(observe(), request.id)
  })
}
