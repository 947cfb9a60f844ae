import { ProblemError } from '@entra-bedrock-agent/service-kit'
import type { FastifyInstance } from 'fastify'
import { readBearerToken } from './bearer.ts'
import type { TokenValidator, ValidatedToken } from './token-validator.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The token of this call, validated; only on protected routes. */
    token: ValidatedToken
  }
}

/**
 * Lets only calls with a valid token through to the routes of this plugin. The audit log says who called for whom, and
 * who was refused although the token was genuine: ids only, never the token.
 */
export function requireToken(app: FastifyInstance, validator: TokenValidator): void {
  // Looking for secrets to cut out costs more than writing the line, and an audit line holds nothing but ids.
  const auditLog = app.log.child({}, { redact: [] })

  app.decorateRequest('token')
  app.addHook('onRequest', async request => {
    try {
      request.token = await validator.validate(readBearerToken(request.raw.rawHeaders))
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'WEATHER_FORBIDDEN')
        auditLog.warn({ reqId: request.id, identity: error.options.cause }, 'Genuine token refused.')
      throw error
    }
    auditLog.info({ reqId: request.id, identity: request.token.grant }, 'Token accepted.')
  })
}
