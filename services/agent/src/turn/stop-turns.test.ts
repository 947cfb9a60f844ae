import { once } from 'node:events'
import { get, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { expect, it } from 'vitest'
import { stopTurnsInTime } from './stop-turns.ts'

const answerBytes = 16 * 1024 * 1024

it('A slow reader gets all of an answer that ends while the app closes; then nothing keeps the app open', async () => {
  const app = Fastify()
  stopTurnsInTime(app, { stop: () => {} }, 60_000)
  const begun = Promise.withResolvers<ServerResponse>()
  app.get('/', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200).flushHeaders()
    begun.resolve(reply.raw)
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const request = get({ host: '127.0.0.1', port: (app.server.address() as AddressInfo).port })
  const [reading] = (await once(request, 'response')) as [IncomingMessage]
  const response = await begun.promise

  const closed = app.close()
  await expect.poll(() => app.server.listening).toBe(false)
  response.end(Buffer.alloc(answerBytes))
  let readBytes = 0
  for await (const chunk of reading) {
    readBytes += chunk.length
    await delay(1)
  }
  expect(readBytes).toBe(answerBytes)
  await closed
})
