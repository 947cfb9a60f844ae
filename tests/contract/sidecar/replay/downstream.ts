import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

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
export async function startDownstream(): Promise<{ readonly origin: string; readonly server: Server }> {
  const server = createServer(({ url = '' }, response) => {
    const respond = responses[url]
    if (respond) respond(response)
    else end(response, 404, '{"error":"not found"}')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function end(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...json, 'content-length': `${body.length}` }).end(body)
}
