import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

/** A server in place of another service, for what the real one does not do on demand: be slow, silent or broken. */
export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly SeenRequest[]
  /** Requests whose connection the other side closed before they were answered. */
  readonly abandoned: number
}

export async function startScriptedServer(answer: RequestListener): Promise<ScriptedServer> {
  const requests: SeenRequest[] = []
  let abandoned = 0
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    requests.push({ url: request.url ?? '', headers: request.headers })
    response.once('close', () => {
      if (!response.writableFinished) abandoned += 1
    })
    answer(request, response)
  })
  await new Promise<void>(resolve => server.listen({ port: 0, host: 'localhost' }, resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    get abandoned() {
      return abandoned
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
