import type { FastifyInstance } from 'fastify'
import type { Static } from 'typebox'
import type { Entra } from '../entra.ts'
import { badRequest, type Caller, GraphError, readCaller, sendGraphErrors } from './access.ts'
import { addApplicationRoutes } from './applications.ts'
import { addAuditLogRoutes } from './audit-logs.ts'
import { Batch } from './bodies.ts'
import { addConditionalAccessRoutes } from './conditional-access.ts'
import { addCredentialRoutes } from './credentials.ts'
import { addGroupRoutes, addMembershipRoutes } from './groups.ts'
import { addRiskRoutes } from './identity-protection.ts'
import type { GraphVersion } from './paths.ts'
import { addInheritanceRoutes, addPermissionRoutes } from './permissions.ts'
import { graphRoutes } from './routes.ts'
import { addServicePrincipalRoutes } from './service-principals.ts'
import { addResponsibleUserRoutes, addUserRoutes } from './users.ts'

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller
  }
}

/** The most objects that a tenant can have, which also bounds the memory of the process. Entra has a larger limit. */
const maxObjects = 2_000

const routesOfResources = [
  ...[addApplicationRoutes, addCredentialRoutes, addInheritanceRoutes, addServicePrincipalRoutes],
  ...[addResponsibleUserRoutes, addPermissionRoutes, addUserRoutes, addGroupRoutes, addMembershipRoutes],
  ...[addConditionalAccessRoutes, addRiskRoutes, addAuditLogRoutes],
]

/** The part of Microsoft Graph that setting up an agent needs. */
export async function serveGraph(app: FastifyInstance, { version }: { readonly version: GraphVersion }) {
  sendGraphErrors(app)
  app.decorateRequest('caller')
  app.addHook('onRequest', async request => {
    request.caller = await readCaller(request)
    if (request.method === 'POST') checkQuota(request.entra)
  })
  app.addHook('preValidation', async ({ body }) => dropTypes(body))
  app.setNotFoundHandler(() => {
    throw new GraphError('BadRequest', 'Resource not found for the segment: it is not emulated here.', 404)
  })
  const routes = graphRoutes(app)
  for (const add of routesOfResources) add(routes, version)
  addBatchRoute(app, version)
}

function checkQuota({ directory: { content } }: Entra): void {
  const objects = Object.values(content).reduce((sum, list: readonly unknown[]) => sum + list.length, 0)
  if (objects < maxObjects) return
  const message = 'The directory object quota limit for the tenant has been exceeded.'
  throw new GraphError('Agent_Directory_QuotaExceeded', message, 403)
}

/** Drops `@odata.type` from a body, down to some depth: libraries name the type of each object, which its address says already. */
function dropTypes(body: unknown, depth = 8): void {
  if (typeof body !== 'object' || body === null || depth === 0) return
  Reflect.deleteProperty(body, '@odata.type')
  for (const value of Object.values(body)) dropTypes(value, depth - 1)
}

/** `$batch`: up to 20 requests, each of which is sent with the caller's token and answered apart from the others. */
function addBatchRoute(app: FastifyInstance, version: GraphVersion): void {
  app.post<{ Body: Static<typeof Batch> }>(
    '/$batch',
    { schema: { body: Batch } },
    async ({ body, headers }) => {
      const ids = new Set(body.requests.map(({ id }) => id))
      if (ids.size < body.requests.length) throw badRequest('Request ids must be unique within a batch.')
      const responses = []
      // One after the other, since a request may depend on an earlier one.
      for (const { id, method, url, headers: own, body: payload } of body.requests) {
        if (/^\/*\$batch/i.test(url)) throw badRequest('A batch cannot contain a batch.')
        const { authorization = '', host = '' } = headers
        const response = await app.inject({
          method,
          url: `/${version}/${url.replace(/^\/+/, '')}`,
          headers: { ...own, authorization, host },
          ...(payload === undefined ? {} : { payload: payload as object }),
        })
        const isJson = response.headers['content-type']?.toString().startsWith('application/json')
        responses.push({
          id,
          status: response.statusCode,
          headers: { 'Content-Type': response.headers['content-type'] },
          ...(isJson ? { body: response.json() } : {}),
        })
      }
      return { responses }
    },
  )
}
