import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { pipeline } from 'node:stream'

/** A proxy for https that resolves names under `.localhost` to this machine, as browsers do but not all systems. */
export class LocalhostNames implements AsyncDisposable {
  readonly #server = createServer().on('connect', ({ url = '' }, client) => {
    const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(url) ?? []
    const server = connect({ host: host.endsWith('.localhost') ? '127.0.0.1' : host, port: Number(port) })
    server.once('connect', () => client.write('HTTP/1.1 200 Connection established\r\n\r\n'))
    // When one side ends or breaks, the other is closed.
    pipeline(client, server, client, () => {})
  })

  static async start(): Promise<LocalhostNames> {
    const names = new LocalhostNames()
    await new Promise<void>(done => names.#server.listen(0, '127.0.0.1', done))
    return names
  }

  /** Environment variables that make Node programs use this proxy. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo
    return { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: `http://127.0.0.1:${port}` }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise(closed => this.#server.close(closed))
  }
}
