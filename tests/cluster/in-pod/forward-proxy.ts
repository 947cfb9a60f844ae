/**
 * Runs in a pod of its own: a forward proxy that takes only CONNECT and demands credentials. It prints a line of JSON for each
 * requested host, and connects clients to replacements of internet hosts, with a certificate for the names of these hosts.
 */
import { createServer } from 'node:http'
import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'

interface Host {
  /** Where the replacement listens, as host:port. */
  readonly at: string
  /** The replacement does not speak TLS itself. */
  readonly needsTls?: boolean
}

const { CREDENTIALS = '', HOSTS = '{}', TLS_KEY: key = '', TLS_CERT: cert = '' } = process.env
const hosts: Readonly<Record<string, Host>> = JSON.parse(HOSTS)
const expectedCredentials = `Basic ${Buffer.from(CREDENTIALS).toString('base64')}`

const server = createServer((request, response) => {
  process.stdout.write(`${JSON.stringify({ asked: request.url, status: 405 })}\n`)
  response.writeHead(405).end()
})

server.on('connect', (request, socket: Duplex) => {
  const asked = request.url ?? ''
  const host = hosts[asked]
  const status = request.headers['proxy-authorization'] === expectedCredentials ? (host ? 200 : 403) : 407
  process.stdout.write(`${JSON.stringify({ asked, status })}\n`)
  socket.on('error', () => socket.destroy())
  if (host === undefined || status !== 200) {
    socket.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    return
  }
  const [name = '', port] = host.at.split(':')
  const behind = connect(Number(port), name, () => {
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    const near = host.needsTls ? new TLSSocket(socket as never, { isServer: true, key, cert }) : socket
    near.on('error', () => behind.destroy())
    near.pipe(behind).pipe(near)
  })
  behind.on('error', () => socket.destroy())
})

server.listen(3128)
process.once('SIGTERM', () => process.exit())
