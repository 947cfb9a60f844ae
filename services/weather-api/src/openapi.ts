import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** Publishes the routes that are registered later as OpenAPI 3.1 at `/openapi.json`, generated from their schemas. */
export async function publishOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Weather API',
        version: '1',
        description: 'Weather for agents that call under their own Microsoft Entra agent identity.',
      },
      components: {
        securitySchemes: {
          entra: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description:
              'A Microsoft Entra access token for this API, of an agent identity: app role Weather.Read.All (autonomous) or scope Weather.Read (on behalf of a user).',
          },
        },
      },
    },
  })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
}
