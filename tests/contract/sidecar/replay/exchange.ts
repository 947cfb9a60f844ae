import { type Agent, type IncomingHttpHeaders, request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import type { RecordedResponse } from './recording.ts'

export interface Call {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
  /** Aborts when the caller hangs up. */
  readonly hangUp?: AbortSignal | undefined
  /** Node's HTTP agent, which keeps connections for later calls; without one, each call has a connection of its own. */
  readonly agent?: Agent
}

/** The headers that every HTTP server adds by itself; recordings leave them out. */
const connectionHeaders = new Set(['date', 'server', 'connection', 'keep-alive'])

/** Makes one call over a real socket. */
export async function exchange(origin: string, call: Call): Promise<RecordedResponse> {
  const { method, path, headers, body, hangUp, agent = false } = call
  return new Promise((resolve, reject) => {
    const outgoing = request(origin + path, {
      method,
      headers,
      agent,
      ...(hangUp ? { signal: hangUp } : {}),
    })
    outgoing.on('error', error =>
      hangUp?.aborted ? resolve({ error: 'timeout', headers: {} }) : reject(error),
    )
    outgoing.on('response', response => {
      const { statusCode = 0 } = response
      text(response).then(content => resolve(readResponse(statusCode, response.headers, content)), reject)
    })
    outgoing.end(body)
  })
}

/**
 * Makes one call from elsewhere: through another address of this machine if it has one, else by handing the app a
 * request that seems to come from a documentation address (RFC 5737).
 */
export async function exchangeFromElsewhere(
  app: FastifyInstance,
  port: number,
  call: Call,
): Promise<RecordedResponse> {
  const address = Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')
  if (address) return exchange(`http://${address.address}:${port}`, { ...call, method: 'GET' })
  const { path, headers } = call
  const response = await app.inject({
    method: 'GET',
    url: path,
    headers: { ...headers },
    remoteAddress: '192.0.2.1',
  })
  return readResponse(response.statusCode, response.headers as IncomingHttpHeaders, response.body)
}

function readResponse(status: number, headers: IncomingHttpHeaders, body: string): RecordedResponse {
  const kept = Object.entries(headers).filter(([name]) => !connectionHeaders.has(name))
  return { status, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])), body }
}
