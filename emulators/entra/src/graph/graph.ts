import type { FastifyInstance } from 'fastify'
import type { Entra } from '../entra.ts'
import { applicationRoutes } from './applications.ts'
import { type Caller, readCaller } from './caller.ts'
import { credentialRoutes } from './credentials.ts'
import { GraphError, sendGraphErrors } from './graph-error.ts'
import { permissionRoutes } from './permissions.ts'
import { servicePrincipalRoutes } from './service-principals.ts'
import { userRoutes } from './users.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls Graph. */
    caller: Caller
  }
}

/** As Entra limits a tenant, if smaller; it also bounds this process's memory. */
const mostObjects = 2_000

/** The part of Microsoft Graph that setting up an agent needs. */
export async function graph(app: FastifyInstance, { entra }: { entra: Entra }): Promise<void> {
  sendGraphErrors(app)
  app.decorateRequest('caller')
  app.addHook('onRequest', async request => {
    request.caller = await readCaller(entra, request)
    if (request.method === 'POST') checkQuota(entra)
  })
  app.setNotFoundHandler(() => {
    throw new GraphError('BadRequest', 'Resource not found for the segment: it is not emulated here.', 404)
  })
  const routes = [applicationRoutes, credentialRoutes, permissionRoutes, servicePrincipalRoutes, userRoutes]
  for (const plugin of routes) await app.register(plugin, { entra })
}

function checkQuota({ directory: { content } }: Entra): void {
  const objects = Object.values(content).reduce((sum, list: readonly unknown[]) => sum + list.length, 0)
  if (objects < mostObjects) return
  const message = 'The directory object quota limit for the tenant has been exceeded.'
  throw new GraphError('Agent_Directory_QuotaExceeded', message, 403)
}
