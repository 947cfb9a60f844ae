import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { agentRoutes } from './agent-routes.ts'
import { applicationRoutes } from './application-routes.ts'
import { type Caller, readCaller } from './caller.ts'
import { credentialRoutes } from './credential-routes.ts'
import { answerWithGraphErrors, GraphError } from './graph-error.ts'
import { permissionRoutes } from './permission-routes.ts'
import { servicePrincipalRoutes } from './service-principal-routes.ts'
import { userRoutes } from './user-routes.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls Graph. */
    caller: Caller
  }
}

/** The part of Microsoft Graph that setting up an agent needs, under one version's prefix. */
export async function graph(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  answerWithGraphErrors(app)
  app.decorateRequest('caller')
  app.addHook('onRequest', async request => {
    request.caller = await readCaller(entra, request)
  })
  app.setNotFoundHandler(() => {
    throw new GraphError(404, 'BadRequest', 'Resource not found for the segment: it is not emulated here.')
  })
  for (const routes of [
    agentRoutes,
    applicationRoutes,
    credentialRoutes,
    permissionRoutes,
    servicePrincipalRoutes,
    userRoutes,
  ]) {
    await app.register(routes, { entra })
  }
}
