import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OverridableRoute } from '../config.ts'
import { sendJson } from '../http/replies.ts'
import type { Sidecar } from '../sidecar.ts'
import { answerTokenFailure, placeOrder } from './token-order.ts'

interface ApiRoute {
  readonly Params: { readonly apiName: string }
}

/** `GET /AuthorizationHeader/{api}` and its twin without authentication: the value for an Authorization header. */
export function addAuthorizationHeaderRoutes(app: FastifyInstance, sidecar: Sidecar): void {
  const answer =
    (route: OverridableRoute) =>
    async (request: FastifyRequest<ApiRoute>, reply: FastifyReply): Promise<void> => {
      const order = placeOrder(sidecar, route, request, reply)
      if (!order) return
      try {
        const token = await sidecar.tokens.acquire(order)
        sendJson(reply, JSON.stringify({ authorizationHeader: `${order.options.protocolScheme} ${token}` }))
      } catch (error) {
        answerTokenFailure(request, reply, error)
      }
    }
  app.get<ApiRoute>(
    '/AuthorizationHeaderUnauthenticated/:apiName',
    answer('GetAuthorizationHeaderUnauthenticated'),
  )
}
