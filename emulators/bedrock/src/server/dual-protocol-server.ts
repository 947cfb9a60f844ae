import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttp2Server } from 'node:http2'
import type { Socket } from 'node:net'

/** The start of every HTTP/2 connection with prior knowledge (RFC 9113 §3.4); no HTTP/1.1 request begins so. */
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const prefaceTimeoutMs = 10_000

export interface DualProtocolServer {
  readonly server: Server
  /** Cuts every connection, whatever runs on it. */
  cutConnections(): void
}

/**
 * A server that speaks HTTP/1.1 and HTTP/2 without TLS (h2c, prior knowledge) on one port,
 * as the AWS SDKs want it: their streaming clients use HTTP/2, STS and proxies HTTP/1.1.
 */
export function createDualProtocolServer(listener: RequestListener): DualProtocolServer {
  const server = createServer(listener)
  const http2 = createHttp2Server({ maxSessionMemory: 64 })
  const sockets = new Set<Socket>()
  // HTTP/2's compatible request and response are what a RequestListener needs, though not by their types.
  http2.on('request', (request, response) => server.emit('request', request, response))
  http2.on('session', session => session.on('error', () => session.destroy()))

  const acceptHttp1 = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    sniff(socket, isHttp2 => {
      if (isHttp2) {
        // An HTTP/1.1 server leaves its side of a connection open; here it would keep streams without a reader.
        socket.allowHalfOpen = false
        http2.emit('connection', socket)
      } else for (const accept of acceptHttp1) accept.call(server, socket)
    })
  })
  return {
    server,
    cutConnections() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Reads the first bytes of a connection, puts them back and tells which protocol they begin. */
function sniff(socket: Socket, decide: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0)
  const giveUp = () => socket.destroy()
  socket.setTimeout(prefaceTimeoutMs, giveUp)
  socket.on('error', giveUp)
  socket.on('readable', read)

  function read() {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    seen = Buffer.concat([seen, chunk])
    const compared = Math.min(seen.length, preface.length)
    const mayBeHttp2 = seen.subarray(0, compared).equals(preface.subarray(0, compared))
    if (mayBeHttp2 && compared < preface.length) return
    socket.off('readable', read)
    socket.off('error', giveUp)
    socket.setTimeout(0, giveUp)
    socket.off('timeout', giveUp)
    socket.unshift(seen)
    decide(mayBeHttp2)
  }
}
