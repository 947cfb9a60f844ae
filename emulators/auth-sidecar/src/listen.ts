import { createServer, type Server } from 'node:net'
import { ConfigurationError } from '@entra-bedrock-agent/service-kit'
import type { FastifyInstance } from 'fastify'
import type { ListenAddress } from './settings/listen-addresses.ts'

/**
 * Lets an app listen at more addresses than the one that it is started with; they close with the app.
 *
 * @throws {ConfigurationError} when one of them is taken.
 */
export async function listenAlso(app: FastifyInstance, addresses: readonly ListenAddress[]): Promise<void> {
  const servers = await Promise.all(addresses.map(address => acceptFor(app, address)))
  app.addHook('preClose', async () => {
    for (const server of servers) server.close()
  })
}

async function acceptFor(app: FastifyInstance, { host, port }: ListenAddress): Promise<Server> {
  const server = createServer(socket => app.server.emit('connection', socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      const taken = 'code' in error && error.code === 'EADDRINUSE'
      reject(
        taken
          ? new ConfigurationError([`Port ${port} is taken. Stop the program that listens there.`])
          : error,
      )
    })
    server.listen({ host, port }, resolve)
  })
  return server
}
