import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A test's HTTP server on this machine. It takes a free port, and takes the same port again when it restarts. */
export class LocalServer {
  readonly #server
  readonly #host: string
  #port = 0

  constructor(listener: RequestListener, host = '127.0.0.1', options: ServerOptions = {}) {
    this.#server = createServer(options, listener)
    this.#host = host
  }

  async start(port = this.#port): Promise<this> {
    await new Promise<void>(listening => this.#server.listen(port, this.#host, listening))
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`
  }

  /** Cuts the connections that are still open. */
  async close(): Promise<void> {
    const closed = new Promise(resolve => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
