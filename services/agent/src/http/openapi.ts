import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/** `GET /openapi.json`, made from the route schemas. Call it before the routes are registered. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Agent',
        description:
          'An agent that answers under its own Microsoft Entra agent identity, and shows every token hop.',
        version,
      },
      components: {
        securitySchemes: {
          userToken: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'Tc: the user’s token with the scope api://<blueprint>/access_as_user.',
          },
        },
      },
    },
  })
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
