import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface Call {
  readonly method: string
  readonly path: string
  /** 1 for the first. */
  readonly number: number
}

/**
 * What happens to a call: `lose` breaks the connection before Graph gets it, `break` before the caller gets the response,
 * `swallow` says 204 without having asked Graph.
 */
export type Fate = 'pass' | 'lose' | 'break' | 'swallow'

/** Stands between the command line and Graph, and lets calls go wrong as networks and Entra let them. */
export class GraphProxy implements AsyncDisposable {
  readonly calls: Call[] = []
  decide: (call: Call) => Fate = () => 'pass'
  readonly #target: URL
  readonly #server = createServer((incoming, outgoing) => void this.#take(incoming, outgoing))

  private constructor(target: string) {
    this.#target = new URL(target)
  }

  static async start(target: string): Promise<GraphProxy> {
    const proxy = new GraphProxy(target)
    await new Promise<void>(done => proxy.#server.listen(0, 'localhost', done))
    return proxy
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  get writes(): Call[] {
    return this.calls.filter(({ method }) => method !== 'GET')
  }

  reset(): void {
    this.calls.splice(0)
    this.decide = () => 'pass'
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(done => this.#server.close(done))
  }

  async #take(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming
    const call = { method, path, number: this.calls.length + 1 }
    this.calls.push(call)
    const fate = this.decide(call)
    if (fate === 'lose') return void incoming.socket.destroy()
    const body = await text(incoming)
    if (fate === 'swallow') return void outgoing.writeHead(204).end()
    const onward = request({ host: this.#target.hostname, port: this.#target.port, method, path, headers })
    onward.on('response', response => {
      if (fate === 'break') {
        response.resume().once('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(response.statusCode ?? 500, response.headers)
      response.pipe(outgoing)
    })
    onward.end(body)
  }
}
