import { createServer, type Http2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** Serves HTTP/2, too, to clients that begin with it, as AWS's SDK for JavaScript does: without TLS nothing is agreed before. */
export function acceptHttp2(app: FastifyInstance): void {
  const { server } = app
  const sessions = new Set<Http2Session>()
  const http2 = createServer((request, response) => server.emit('request', request, response))
  http2.on('session', session => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
  })
  const [serveHttp1] = server.listeners('connection')
  server.removeListener('connection', serveHttp1 as () => void)
  server.on('connection', (socket: Socket) => {
    const ignore = () => {}
    socket.on('error', ignore)
    socket.once('readable', () => {
      const beginning: Buffer | null = socket.read()
      if (beginning) socket.unshift(beginning)
      socket.off('error', ignore)
      if (beginning?.toString('latin1', 0, 3) === 'PRI') http2.emit('connection', socket)
      else serveHttp1?.call(server, socket)
    })
  })
  app.addHook('preClose', async () => {
    for (const session of sessions) session.destroy()
  })
}
