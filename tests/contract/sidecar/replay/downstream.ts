import type { ServerResponse } from 'node:http'
import { LocalServer } from '../../../../packages/service-kit/src/testing/local-server.ts'

const json = { 'content-type': 'application/json' }

const responses: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/json': response => end(response, 200, '{"ok":true}'),
  '/chunked': response => {
    response.writeHead(200, json).write('{"ok"')
    response.end(':true}')
  },
  '/401': response => end(response, 401, '{"error":"x"}'),
  '/500': response => end(response, 500, '{"error":"x"}'),
  '/redirect': response => response.writeHead(302, { location: '/json', 'content-length': '0' }).end(),
}

/** The API that the recordings call through the sidecar. */
export function startDownstream(): Promise<LocalServer> {
  return new LocalServer(({ url = '' }, response) => {
    const respond = responses[url]
    if (respond) respond(response)
    else end(response, 404, '{"error":"not found"}')
  }).start()
}

function end(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...json, 'content-length': `${body.length}` }).end(body)
}
