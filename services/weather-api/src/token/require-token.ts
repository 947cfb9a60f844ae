import type { FastifyInstance, FastifyRequest } from 'fastify'
import { readBearerToken } from './bearer.ts'
import type { TokenValidator, ValidatedToken } from './token-validator.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The token of this call, validated; only on protected routes. */
    token: ValidatedToken
  }
}

/** Lets only calls with a valid token through to the routes of this plugin, and writes each into the audit log. */
export function requireToken(app: FastifyInstance, validator: TokenValidator): void {
  app.decorateRequest('token')
  app.addHook('onRequest', async request => {
    request.token = await validator.validate(readBearerToken(request.raw.rawHeaders))
    audit(request)
  })
}

/** Who called for whom: ids only, never the token. */
function audit(request: FastifyRequest): void {
  const { flow, caller, objectId, tenantId, blueprintAppId, tokenId } = request.token.grant
  request.log.info({ flow, caller, objectId, tenantId, blueprintAppId, tokenId }, 'Token accepted.')
}
