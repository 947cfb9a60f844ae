import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { healthPath } from '../http/guards.ts'
import { sendEmpty, sendJson, sendText } from '../http/replies.ts'
import { type Authentication, challenge } from '../inbound/authentication.ts'
import type { Sidecar } from '../sidecar.ts'
import { answerAuthorizationHeader } from './authorization-header.ts'
import { answerDownstreamApi } from './downstream-api.ts'
import { describeRoutes } from './openapi.ts'
import type { ApiRoute } from './token-order.ts'
import { answerValidation } from './validate.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Whether the caller sent a token, and what it was worth. */
    authentication: Authentication
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const

/** Every address of the sidecar; other verbs get 405 with `Allow`, before anybody asks who is calling. */
export function addRoutes(app: FastifyInstance, sidecar: Sidecar): void {
  app.all(healthPath, async (_request, reply) => sendText(reply, 'Healthy'))

  app.get('/Validate', { preHandler: requirePerson }, answerValidation(sidecar.config.azureAd?.scopes))
  refuseOtherMethods(app, '/Validate', 'GET')

  const headerUrl = '/AuthorizationHeader/:apiName'
  app.get<ApiRoute>(
    headerUrl,
    { preHandler: requirePerson },
    answerAuthorizationHeader(sidecar, 'GetAuthorizationHeader'),
  )
  refuseOtherMethods(app, headerUrl, 'GET')

  const openHeaderUrl = '/AuthorizationHeaderUnauthenticated/:apiName'
  app.get<ApiRoute>(
    openHeaderUrl,
    answerAuthorizationHeader(sidecar, 'GetAuthorizationHeaderUnauthenticated'),
  )
  refuseOtherMethods(app, openHeaderUrl, 'GET')

  const callUrl = '/DownstreamApi/:apiName'
  app.post<ApiRoute>(
    callUrl,
    { preHandler: requirePerson },
    answerDownstreamApi(sidecar, 'CallDownstreamApi'),
  )
  refuseOtherMethods(app, callUrl, 'POST')

  const openCallUrl = '/DownstreamApiUnauthenticated/:apiName'
  app.post<ApiRoute>(openCallUrl, answerDownstreamApi(sidecar, 'CallDownstreamApiUnauthenticated'))
  refuseOtherMethods(app, openCallUrl, 'POST')

  if (sidecar.config.development) {
    app.get('/openapi/v1.json', async (_request, reply) => sendJson(reply, describeRoutes()))
  }
}

async function requirePerson(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.authentication.person) return
  sendEmpty(reply, 401, { 'www-authenticate': challenge(request.authentication) })
}

function refuseOtherMethods(app: FastifyInstance, url: string, allowed: (typeof methods)[number]): void {
  app.route({
    method: methods.filter(method => method !== allowed),
    url,
    handler: async (_request, reply) => sendEmpty(reply, 405, { allow: allowed }),
  })
}
