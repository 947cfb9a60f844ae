import type { FastifyReply } from 'fastify'
import type { OverridableRoute } from '../config.ts'
import type { DownstreamCall, DownstreamResult } from '../downstream/call.ts'
import { sendJson } from '../http/replies.ts'
import type { Sidecar } from '../sidecar.ts'
import type { TokenOrder } from '../tokens/token-order.ts'
import { answerTokenFailure } from './token-failure.ts'
import { type ApiRequest, placeOrder } from './token-order.ts'

/**
 * `POST /DownstreamApi/{api}` and its twin without authentication: acquires the token and makes the call with it.
 * Here only refusals that a person could mend count as 401, and only for tokens of a person; all others are 500.
 */
export function answerDownstreamApi(sidecar: Sidecar, route: OverridableRoute) {
  return async (request: ApiRequest, reply: FastifyReply): Promise<void> => {
    const order = placeOrder(sidecar, route, request, reply)
    if (!order) return
    try {
      sendJson(reply, await callWithToken(sidecar, order, contentOf(request)))
    } catch (error) {
      const forPerson = !order.options.requestAppToken && order.agent?.user === undefined
      answerTokenFailure(request, reply, error, refusal => forPerson && refusal.needsInteraction)
    }
  }
}

/** Calls once more with another token when the API challenges the first for claims. */
async function callWithToken(
  { tokens, downstream }: Sidecar,
  order: TokenOrder,
  content: DownstreamCall['content'],
): Promise<DownstreamResult> {
  const call = async (current: TokenOrder) =>
    downstream.call({
      options: current.options,
      authorizationHeader: `Bearer ${await tokens.acquire(current)}`,
      content,
      signal: current.trace.signal,
    })
  const { result, claimsChallenge } = await call(order)
  if (!claimsChallenge) return result
  const { options } = order
  const acquireTokenOptions = { ...options.acquireTokenOptions, claims: claimsChallenge }
  return (await call({ ...order, options: { ...options, acquireTokenOptions } })).result
}

/** A body is handed on as UTF-8 text of the caller's media type. */
function contentOf({ body, headers }: ApiRequest): DownstreamCall['content'] {
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim()
  if (!mediaType) return undefined
  return { type: `${mediaType}; charset=utf-8`, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }
}
