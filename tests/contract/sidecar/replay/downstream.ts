import type { ServerResponse } from 'node:http'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'

const jsonHeaders = { 'content-type': 'application/json' }

const responses: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/json': response => endResponse(response, 200, '{"ok":true}'),
  '/chunked': response => {
    response.writeHead(200, jsonHeaders).write('{"ok"')
    response.end(':true}')
  },
  '/401': response => endResponse(response, 401, '{"error":"x"}'),
  '/500': response => endResponse(response, 500, '{"error":"x"}'),
  '/redirect': response => response.writeHead(302, { location: '/json', 'content-length': '0' }).end(),
}

/** The API that the recordings call through the sidecar. */
export function startDownstream(): Promise<LocalServer> {
  return new LocalServer(({ url = '' }, response) => {
    const respond = responses[url]
    if (respond) respond(response)
    else endResponse(response, 404, '{"error":"not found"}')
  }).start()
}

function endResponse(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...jsonHeaders, 'content-length': `${body.length}` }).end(body)
}
