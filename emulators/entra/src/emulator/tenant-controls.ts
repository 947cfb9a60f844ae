import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Entra } from '../entra.ts'
import { largestFile } from '../seed/file.ts'

/** Adds the controls by which tenants are made and deleted while the emulator runs. */
export function addTenantControls(scope: FastifyInstance): void {
  const { tenants } = scope
  const list = 'Lists the tenants, the server’s own first.'
  scope.get('/tenants', { schema: { summary: list } }, async () => ({ tenants: tenants.all.map(describe) }))
  const made = { 201: Type.Unknown({ description: 'Its ids by the names of the seed, and more.' }) }
  const make = `Makes the tenant of a seed: JSON of at most ${largestFile} bytes, as in a seed file.`
  scope.post(
    '/tenants',
    { bodyLimit: largestFile, schema: { summary: make, body: Type.Object({}), response: made } },
    async ({ body }, reply) => reply.code(201).send(describe(tenants.add(body))),
  )
  scope.delete<{ Params: { id: string } }>(
    '/tenants/:id',
    { schema: { summary: 'Deletes a tenant, by its id or domain.', response: { 204: Type.Null() } } },
    async ({ params }, reply) => {
      tenants.remove(params.id)
      return reply.code(204).send()
    },
  )
}

function describe({ config, publicUrl }: Entra) {
  const { tenantId, domain, seed } = config
  const ids = Object.entries(seed?.ids ?? {}).map(([kind, names]) => [kind, Object.fromEntries(names)])
  return { tenantId, domain, authority: `${publicUrl}/${tenantId}`, ids: Object.fromEntries(ids) }
}
