import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

export interface RawResponse {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Opens a connection to a listening app. */
export function connectTo(app: FastifyInstance): Socket {
  const { hostname, port } = new URL(app.listeningOrigin)
  return connect({ host: hostname, port: Number(port) })
}

/** Sends raw bytes to a listening app, reads until the app closes the connection, and returns the first response, if any. */
export async function exchange(app: FastifyInstance, bytes: string): Promise<RawResponse | undefined> {
  const socket = connectTo(app)
  let received = ''
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text
  })
  socket.write(bytes)
  await once(socket, 'close')
  return received === '' ? undefined : parseResponse(received)
}

/** Opens a connection, sends bytes and resets it. */
export async function sendAndReset(app: FastifyInstance, bytes: string): Promise<void> {
  const socket = connectTo(app)
  await once(socket, 'connect')
  await new Promise(written => socket.write(bytes, written))
  socket.resetAndDestroy()
  await once(socket, 'close')
}

function parseResponse(text: string): RawResponse {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s)
  const [statusLine = '', ...lines] = head.split('\r\n')
  const headers = new Headers(
    lines.map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/: *(.*)/s)
      return [name, value]
    }),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body }
}
