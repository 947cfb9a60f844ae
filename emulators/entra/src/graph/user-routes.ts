import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Entra } from '../entra.ts'
import { requirePermission } from './caller.ts'
import { badRequest, notFound } from './graph-error.ts'
import { collection } from './odata.ts'

const Key = Type.Object({ key: Type.String() })

/** People, read only: set-up scripts look for a sponsor, and for who they are. */
export const userRoutes: FastifyPluginAsyncTypebox<{ entra: Entra }> = async (app, { entra }) => {
  app.get('/me', async ({ caller }) => {
    if (caller.userId === undefined)
      throw badRequest('/me request is only valid with delegated authentication flow.')
    requirePermission(caller, 'User.Read', 'User.Read.All')
    return { ...entra.directory.user(caller.userId) }
  })

  app.get(
    '/users',
    { schema: { querystring: Type.Record(Type.String(), Type.String()) } },
    async ({ caller, query }) => {
      requirePermission(caller, 'User.Read.All')
      const shown = entra.directory.content.users.map(user => ({ ...user }))
      return collection('users', shown, query)
    },
  )

  app.get('/users/:key', { schema: { params: Key } }, async ({ caller, params }) => {
    requirePermission(caller, 'User.Read.All')
    const user = entra.directory.user(params.key) ?? entra.directory.userByName(params.key)
    if (!user) throw notFound(params.key)
    return { ...user }
  })

  app.get('/organization', async ({ caller }) => {
    requirePermission(caller, 'User.Read', 'User.Read.All')
    const { tenantId } = entra.config
    return collection('organization', [{ id: tenantId, displayName: 'Contoso (emulated)' }], {})
  })
}
