import type { FastifyReply } from 'fastify'
import type { OverridableRoute } from '../config.ts'
import { sendJson } from '../http/replies.ts'
import type { Sidecar } from '../sidecar.ts'
import { answerTokenFailure } from './token-failure.ts'
import { type ApiRequest, placeOrder } from './token-order.ts'

/** `GET /AuthorizationHeader/{api}` and its twin without authentication: the value for an Authorization header. */
export function answerAuthorizationHeader(sidecar: Sidecar, route: OverridableRoute) {
  return async (request: ApiRequest, reply: FastifyReply): Promise<void> => {
    const order = placeOrder(sidecar, route, request, reply)
    if (!order) return
    try {
      const token = await sidecar.tokens.acquire(order)
      sendJson(reply, { authorizationHeader: `Bearer ${token}` })
    } catch (error) {
      answerTokenFailure(request, reply, error)
    }
  }
}
