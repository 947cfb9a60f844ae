/**
 * A worker that sends `GET /weather` over keep-alive connections as fast as the service responds, each request with the next
 * token. It only counts responses, since on a small machine the service needs the CPU.
 */
import { createConnection, type Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'

export interface LoadOrder {
  readonly port: number
  readonly tokens: readonly string[]
  readonly connections: number
  readonly durationMs: number
}

export interface LoadResult {
  readonly responses: number
  /** Responses other than 2xx. */
  readonly failed: number
  readonly durationMs: number
}

class Load {
  responses = 0
  failed = 0
  readonly #requests: readonly Buffer[]
  readonly #port: number
  readonly #deadlineMs: number
  #next = 0

  constructor({ tokens, port }: LoadOrder, deadlineMs: number) {
    this.#requests = tokens.map(token =>
      Buffer.from(
        `GET /weather?city=Dallas HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`,
      ),
    )
    this.#port = port
    this.#deadlineMs = deadlineMs
  }

  /** Sends over one connection until the deadline, waiting for each response. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ port: this.#port, host: '127.0.0.1', noDelay: true })
      let received = ''
      socket.setEncoding('latin1')
      socket.once('error', reject)
      socket.once('close', () => resolve())
      socket.once('connect', () => this.#send(socket))
      socket.on('data', chunk => {
        received += chunk
        const length = responseLength(received)
        if (length === undefined || received.length < length) return
        this.responses += 1
        if (received[9] !== '2') this.failed += 1
        received = ''
        if (performance.now() < this.#deadlineMs) this.#send(socket)
        else socket.destroy()
      })
    })
  }

  #send(socket: Socket): void {
    const request = this.#requests[this.#next]
    this.#next = (this.#next + 1) % this.#requests.length
    if (request) socket.write(request)
  }
}

/** Characters of a response, head and body; `undefined` while its head is incomplete. */
function responseLength(received: string): number | undefined {
  const head = received.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  return head + 4 + Number(/content-length: (\d+)/.exec(received)?.[1])
}

async function run(order: LoadOrder): Promise<LoadResult> {
  const startedMs = performance.now()
  const load = new Load(order, startedMs + order.durationMs)
  await Promise.all(Array.from({ length: order.connections }, () => load.connect()))
  return { responses: load.responses, failed: load.failed, durationMs: performance.now() - startedMs }
}

parentPort?.postMessage(await run(workerData as LoadOrder))
