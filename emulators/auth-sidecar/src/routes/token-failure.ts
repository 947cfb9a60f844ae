import type { FastifyReply, FastifyRequest } from 'fastify'
import { EntraRefusalError } from '../entra/failures.ts'
import { sendProblem } from '../http/replies.ts'
import { NoAccountError } from '../tokens/failures.ts'

/** Logs why there is no token; never what Entra said about it, for that names people and tenants. */
function logFailure(request: FastifyRequest, error: unknown): void {
  const code = error instanceof EntraRefusalError ? /AADSTS\d+/.exec(error.message)?.[0] : undefined
  const name = error instanceof Error ? error.name : 'Error'
  const cause = error instanceof EntraRefusalError ? {} : { err: error }
  request.log.error({ code, name, ...cause }, 'No token could be acquired.')
}

/**
 * 401 with Entra's own words where Entra said no, 500 without a word for everything else.
 *
 * @param isRefusal which of Entra's refusals count as 401; the proxying routes are pickier.
 */
export function answerTokenFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
  isRefusal: (refusal: EntraRefusalError) => boolean = () => true,
): void {
  if (reply.raw.destroyed) {
    reply.hijack()
    return
  }
  logFailure(request, error)
  if (error instanceof NoAccountError || (error instanceof EntraRefusalError && isRefusal(error))) {
    sendProblem(reply, 401, error.message)
  } else {
    sendProblem(reply, 500, 'An unexpected error occurred.')
  }
}
