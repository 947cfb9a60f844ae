import { subscribe } from 'node:diagnostics_channel'
import type { Server, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { ConfigurationError } from './environment.ts'

export interface Service {
  readonly app: FastifyInstance
  readonly host: string
  readonly port: number
  /** The variable that sets the port, for the sentence about a taken one. */
  readonly portVariable?: string
  /**
   * How long clients with kept connections are given to hear, with their next response, that the service goes. Whose
   * request crosses with the end of its connection cannot know whether it was served; with as long as `keepAliveTimeout`
   * promises, no request does. Default: 1 s.
   */
  readonly farewellMs?: number
  /** How long running requests may take to finish after that. */
  readonly stopTimeoutMs?: number
}

/**
 * Runs a service as a process: builds it, listens, and stops gracefully on SIGTERM and SIGINT
 * (kept connections are taken leave of, running requests finish, then the listener closes, exit code 0).
 * Configuration faults, a taken port and an unknown address are said in words on standard error, exit code 1.
 */
export async function serve(build: () => Service | Promise<Service>): Promise<void> {
  let service: Service
  try {
    service = await build()
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    fail(error.message)
    return
  }
  const { app, host, port, portVariable = 'PORT', farewellMs = 1_000, stopTimeoutMs = 25_000 } = service
  closeWithGrace({ delay: farewellMs + stopTimeoutMs, logger: app.log }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'Stopping after an unexpected error.')
    // Responses that have begun could not say it; their connections stay for one more request, which is told.
    app.server.keepAliveTimeout = farewellMs
    await takeLeave(app, farewellMs)
    await app.close()
  })
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      fail(
        `Port ${port} is taken. Stop the program that listens there, or set ${portVariable} to a free port.`,
      )
    } else if (['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
      fail(
        `HOST is "${host}", which is no address of this machine. Set it to one (0.0.0.0 for all), or unset it to listen on localhost only.`,
      )
    } else throw error
  }
}

/** What Node publishes when a response has ended. https://nodejs.org/api/diagnostics_channel.html#http */
interface FinishedResponse {
  readonly server: Server
  readonly response: ServerResponse
}

/** From now on each response ends its connection; waits until all have, or those that were kept had time to. */
async function takeLeave({ server }: FastifyInstance, farewellMs: number): Promise<void> {
  let keptMs = performance.now()
  subscribe('http.server.response.finish', message => {
    const { server: sender, response } = message as FinishedResponse
    if (sender === server && response.getHeader('connection') !== 'close') keptMs = performance.now()
  })
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const countConnections = promisify(server.getConnections.bind(server))
  while (performance.now() < keptMs + farewellMs && (await countConnections()) > 0) await delay(20)
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
