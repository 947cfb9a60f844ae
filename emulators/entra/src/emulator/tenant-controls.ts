import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import type { Entra } from '../entra.ts'
import { largestFile } from '../seed/file.ts'

const summaries = {
  list: 'Lists the tenants. The header x-emulator-tenant names one in any of these requests; default: the first.',
  make: 'Makes the tenant of a seed: what a seed file may say, as JSON of at most 128 kB.',
  delete: 'Deletes the tenant with this id or domain.',
}

/** Adds the controls by which tenants are made and deleted while the emulator runs. */
export function addTenantControls(scope: FastifyInstance): void {
  const { tenants } = scope
  scope.get('/tenants', { schema: { summary: summaries.list } }, async () => ({
    tenants: tenants.all.map(describe),
  }))
  const made = { summary: summaries.make, body: Type.Object({}), response: { 201: Type.Unknown() } }
  scope.post('/tenants', { bodyLimit: largestFile, schema: made }, async ({ body }, reply) =>
    reply.code(201).send(describe(tenants.add(body))),
  )
  const gone = { summary: summaries.delete, response: { 204: Type.Null() } }
  scope.delete<{ Params: { id: string } }>('/tenants/:id', { schema: gone }, async ({ params }, reply) => {
    tenants.remove(params.id)
    return reply.code(204).send()
  })
}

function describe({ config: { tenantId, domain, seed }, publicUrl }: Entra) {
  const ids = Object.entries(seed.ids).map(([kind, names]) => [kind, Object.fromEntries(names)])
  return { tenantId, domain, authority: `${publicUrl}/${tenantId}`, ids: Object.fromEntries(ids) }
}
