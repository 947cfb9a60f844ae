import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Registry } from '@prometheus-io/client'
import fastify from 'fastify'
import { expect, it, vi } from 'vitest'
import { serveMetrics } from './metrics-server.ts'

it('The port for metrics is closed with the app, even if it is still being opened meanwhile', async () => {
  const app = fastify()
  serveMetrics(app, { host: '127.0.0.1', metricsPort: 0, allowedHosts: [] }, new Registry())
  const { server } = app.metricsServer
  const opening = Promise.withResolvers<() => void>()
  const listen = server.listen.bind(server)
  vi.spyOn(server, 'listen').mockImplementation((...args) => {
    opening.resolve(() => void listen(...args))
    return server
  })
  // Called before the hooks that were added earlier.
  app.addHook('onClose', () => isClosing.resolve())
  const isClosing = Promise.withResolvers<void>()
  const listening = app.listen({ host: '127.0.0.1', port: 0 })
  const open = await opening.promise
  const closed = app.close()
  await isClosing.promise
  await setImmediate()
  open()
  await once(server, 'listening')
  await Promise.all([listening, closed])
  expect(server.listening).toBe(false)
})
