import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { addHealthRoutes } from './health.ts'

it('The API is ready from the time it has read the deny list until it is stopped, and alive all the time', async () => {
  const app = Fastify({ return503OnClosing: false })
  let hasDenyList = false
  addHealthRoutes(app, () => hasDenyList)
  let url = ''
  const statuses = async () => ({
    livez: (await fetch(`${url}/livez`)).status,
    readyz: (await fetch(`${url}/readyz`)).status,
  })
  let whileStopping: unknown
  app.addHook('preClose', async () => {
    whileStopping = await statuses()
  })
  url = await app.listen({ port: 0, host: '127.0.0.1' })
  expect(await statuses()).toEqual({ livez: 200, readyz: 503 })
  hasDenyList = true
  expect(await statuses()).toEqual({ livez: 200, readyz: 200 })
  await app.close()
  expect(whileStopping).toEqual({ livez: 200, readyz: 503 })
})
