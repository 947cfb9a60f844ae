import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Entra } from '../entra.ts'
import { Key, Query } from './bodies.ts'
import { requirePermission } from './caller.ts'
import { badRequest, notFound } from './graph-error.ts'
import { collection } from './odata.ts'

/** Users, read only: set-up scripts look for a sponsor, and for who they are. */
export const userRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.get('/me', async ({ caller }) => {
    if (caller.userId === undefined)
      throw badRequest('/me request is only valid with delegated authentication flow.')
    requirePermission(caller, 'User.Read', 'User.Read.All')
    return entra.directory.user(caller.userId) ?? notFound(caller.userId)
  })
  app.get('/users', { schema: { querystring: Query } }, async ({ caller, query }) => {
    requirePermission(caller, 'User.Read.All')
    return collection('users', entra.directory.content.users, query)
  })
  app.get('/users/:key', { schema: { params: Key } }, async ({ caller, params }) => {
    requirePermission(caller, 'User.Read.All')
    return entra.directory.user(params.key) ?? notFound(params.key)
  })
}
