import { expect, it, onTestFinished } from 'vitest'
import { publishOpenApi } from './open-api.ts'
import { createServer } from './server.ts'

const about = {
  title: 'Tea',
  version: '1',
  description: 'Makes tea.',
  security: { name: 'user', description: 'A token.' },
}

function createApp() {
  const app = createServer({ logLevel: 'silent' })
  onTestFinished(() => app.close())
  return app
}

it('The description of routes lists those that come after it, and is refused after a route', async () => {
  const app = createApp()
  await publishOpenApi(app, about)
  app.get('/tea', async () => 'tea')
  const security = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token.' }
  expect((await app.inject('/openapi.json')).json()).toEqual({
    openapi: '3.1.0',
    info: { title: 'Tea', version: '1', description: 'Makes tea.' },
    components: { securitySchemes: { user: security }, schemas: {} },
    paths: { '/tea': expect.any(Object) },
  })

  const late = createApp()
  late.get('/tea', async () => 'tea')
  await expect(publishOpenApi(late, about)).rejects.toThrow('before the first route')
})
