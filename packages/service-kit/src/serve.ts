import { subscribe } from 'node:diagnostics_channel'
import type { Server, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'
import { isConfigurationError } from './environment.ts'

export interface Service {
  readonly app: FastifyInstance
  readonly host: string
  readonly port: number
  /** The environment variable that sets the port; the message about a taken port names it. Default: `PORT`. */
  readonly portVariable?: string
  /**
   * How long to wait for clients with keep-alive connections to send another request, whose response closes the connection.
   * A request that is sent while its connection is being closed may be lost; no request is lost if `drainMs` is at
   * least `keepAliveTimeout`. Default: 1 s.
   */
  readonly drainMs?: number
  /** How long requests that still run after `drainMs` may take to finish. */
  readonly stopTimeoutMs?: number
}

/**
 * Runs a service as a process: builds it, listens, and stops gracefully on SIGTERM and SIGINT. It then drains connections,
 * lets running requests finish, closes the listener and exits with code 0. It reports configuration faults, a taken or reserved
 * port and an unknown address on standard error and exits with code 1.
 */
export async function serve(build: () => Service | Promise<Service>): Promise<void> {
  let service: Service
  try {
    service = await build()
  } catch (error) {
    if (!isConfigurationError(error)) throw error
    exitWith(error.message)
    return
  }
  const { app, host, port, portVariable = 'PORT', drainMs = 1_000, stopTimeoutMs = 25_000 } = service
  closeWithGrace({ delay: drainMs + stopTimeoutMs, logger: app.log }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'Stopping after an unexpected error.')
    // A response that has begun cannot say `connection: close`: its connection stays open until the next response says it.
    app.server.keepAliveTimeout = drainMs
    await drainConnections(app, drainMs)
    await app.close()
  })
  try {
    await listen(app, { host, port })
  } catch (error) {
    await app.close()
    const { code = '' } = error as NodeJS.ErrnoException
    const portFault = explainPort(code, String(port), portVariable)
    if (portFault) exitWith(portFault)
    else if (['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) {
      exitWith(
        `HOST is "${host}", which is no address of this machine. Set it to one (0.0.0.0 for all), or unset it to listen on localhost only.`,
      )
    } else throw error
  }
}

/** What Node's error code means for this port, and what to do; `undefined` if the failure is not about the port. */
export function explainPort(code: string | undefined, port: string, variable: string): string | undefined {
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken. Stop the program that listens there, or set ${variable} to a free port.`
  // Windows reserves ranges of ports, Unix those below 1024.
  if (code === 'EACCES') return `Port ${port} is reserved by the system. Set ${variable} to another port.`
  return undefined
}

/**
 * Lets each response close its connection, and waits until all connections are closed, at most `drainMs` after the last
 * response that kept its connection open.
 */
async function drainConnections({ server }: FastifyInstance, drainMs: number): Promise<void> {
  let keptMs = performance.now()
  // https://nodejs.org/api/diagnostics_channel.html#http
  subscribe('http.server.response.finish', message => {
    const { server: sender, response } = message as { server: Server; response: ServerResponse }
    if (sender === server && response.getHeader('connection') !== 'close') keptMs = performance.now()
  })
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'))
  const countConnections = promisify(server.getConnections.bind(server))
  while (performance.now() < keptMs + drainMs && (await countConnections()) > 0) await delay(20)
}

function exitWith(sentence: string): void {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** What Node reports where the kernel has no IPv6. */
const withoutIPv6 = ['EAFNOSUPPORT', 'EADDRNOTAVAIL']

/**
 * Listens at an address. The host `::` means all addresses: where the kernel has no IPv6, these are all of IPv4, as they are for
 * a server of Node that names no host.
 */
export async function listen(app: FastifyInstance, { host, port }: ListenAddress): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if (host !== '::' || !withoutIPv6.includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    await app.listen({ host: '0.0.0.0', port })
  }
}
