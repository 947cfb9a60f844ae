import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'

const user = 'agent'
const password = 'p@ss:word'
const refusalPage = '<html>no</html>'

/** A forward proxy with credentials. It serves CONNECT and, for http, absolute URLs. Only the proxy resolves a test's host names. */
export class ForwardProxy implements AsyncDisposable {
  /** Every host that the proxy was asked for, with the host's port. */
  readonly asked: string[] = []
  /** The response to every request. While it is `undefined`, requests are forwarded. */
  refusal: { readonly status: number; readonly page?: string } | undefined
  readonly #hosts: Readonly<Record<string, number>>
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()

  private constructor(hosts: Readonly<Record<string, number>>) {
    this.#hosts = hosts
    this.#server = createServer((incoming, response) => {
      const { host, pathname, search } = new URL(incoming.url ?? '')
      const status = this.#judge(incoming, host)
      if (status !== 200)
        return response
          .writeHead(status, { 'content-type': 'text/html' })
          .end(this.refusal?.page ?? refusalPage)
      const { method, headers } = incoming
      const to = { port: this.#portOf(host), path: `${pathname}${search}`, method, headers }
      const forwarded = httpRequest({ host: '127.0.0.1', ...to }, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      forwarded.on('error', () => response.destroy())
      return incoming.pipe(forwarded)
    })
    this.#server.on('connect', (incoming, socket) => this.#tunnel(incoming, socket))
    this.#server.on('connection', socket => this.#sockets.add(socket))
  }

  /** @param hosts for each name that only this proxy resolves, the port on this machine */
  static async start(hosts: Readonly<Record<string, number>>, port = 0): Promise<ForwardProxy> {
    const proxy = new ForwardProxy(hosts)
    await new Promise<void>(listening => proxy.#server.listen(port, '127.0.0.1', listening))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The proxy's URL, with its credentials. */
  get url(): string {
    return `http://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.closeAllConnections()
    await new Promise(closed => this.#server.close(closed))
  }

  #judge({ headers }: IncomingMessage, host: string): number {
    this.asked.push(host)
    const expected = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    if (headers['proxy-authorization'] !== expected) return 407
    if (this.refusal) return this.refusal.status
    return this.#portOf(host) ? 200 : 502
  }

  #portOf(host: string): number {
    return this.#hosts[host.replace(/:\d+$/, '')] ?? 0
  }

  #tunnel(incoming: IncomingMessage, socket: Duplex): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    const host = incoming.url ?? ''
    const status = this.#judge(incoming, host)
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\ncontent-type: text/html\r\n\r\n${refusalPage}`)
      return
    }
    const behind = connect(this.#portOf(host), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      behind.pipe(socket).pipe(behind)
    })
    this.#sockets.add(behind)
    behind.on('error', () => socket.destroy())
  }
}
