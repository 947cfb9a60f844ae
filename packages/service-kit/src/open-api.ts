import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** What a service says about itself, in OpenAPI's words. https://spec.openapis.org/oas/v3.1.0#info-object */
export interface OpenApiInfo {
  readonly title: string
  readonly version: string
  readonly description: string
  /** The security scheme: the name by which routes refer to it, and which access tokens it takes. */
  readonly security: { readonly name: string; readonly description: string }
}

/** `GET /openapi.json`, made from the schemas of the routes that are added later. Throws if there are routes already. */
export async function publishOpenApi(app: FastifyInstance, about: OpenApiInfo): Promise<void> {
  if (app.printRoutes() !== '(empty tree)')
    throw new Error('publishOpenApi has to be called before the first route is added.')
  const { security, ...info } = about
  const { name, description } = security
  const scheme = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description } as const
  await app.register(swagger, {
    openapi: { openapi: '3.1.0', info, components: { securitySchemes: { [name]: scheme } } },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
