import type { IncomingMessage, RequestListener } from 'node:http'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'

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
  const server = new LocalServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers })
    response.once('close', () => {
      if (!response.writableFinished) abandoned += 1
    })
    answer(request, response)
  }, 'localhost')
  const { url } = await server.start()
  return {
    url,
    requests,
    get abandoned() {
      return abandoned
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}
