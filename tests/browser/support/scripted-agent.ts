import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { text } from 'node:stream/consumers'
import type { ChatRequest, TurnEvent } from '@entra-bedrock-agent/identity-trace'

const pageFolder = join(import.meta.dirname, '../../../services/chat-ui/dist')

/** As strict as the agent itself is with the page. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** How the agent answers one question: with events, one after the other, until `signal` says that the page went away. */
export type Script = (
  request: ChatRequest,
  send: (...events: TurnEvent[]) => void,
  signal: AbortSignal,
) => Promise<void>

export interface ScriptedAgent {
  readonly url: string
  readonly requests: ChatRequest[]
  /** `undefined` = the agent cannot say. */
  config: Record<string, unknown> | undefined
  status: Record<string, unknown>
  script: Script
  close(): Promise<void>
}

/** An agent that says what a test tells it to, for what the real one does not do on demand. */
export async function startScriptedAgent(): Promise<ScriptedAgent> {
  const server = createServer((request, response) => {
    answer(agent, request, response).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const agent: ScriptedAgent = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests: [],
    config: {},
    status: {},
    script: async () => {},
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return agent
}

async function answer(agent: ScriptedAgent, request: IncomingMessage, response: ServerResponse) {
  const path = new URL(request.url ?? '/', agent.url).pathname
  if (path === '/api/config') sendJson(response, agent.config)
  else if (path === '/api/status') sendJson(response, agent.status)
  else if (path === '/api/chat') await stream(agent, request, response)
  else if (path === '/spaced.css') sendSpacedText(response)
  else await sendFile(path, response)
}

function sendJson(response: ServerResponse, body: unknown): void {
  response
    .writeHead(body === undefined ? 503 : 200, { 'content-type': 'application/json' })
    .end(JSON.stringify(body))
}

async function stream(agent: ScriptedAgent, request: IncomingMessage, response: ServerResponse) {
  const question: ChatRequest = JSON.parse(await text(request))
  agent.requests.push(question)
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  let id = 0
  const send = (...events: TurnEvent[]) => {
    for (const { event, data } of events) {
      id += 1
      response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    }
  }
  await agent.script(question, send, gone.signal)
  response.end()
}

/** The spacing that readers may set (WCAG 1.4.12). */
function sendSpacedText(response: ServerResponse): void {
  response
    .writeHead(200, { 'content-type': 'text/css' })
    .end(
      '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }',
    )
}

async function sendFile(path: string, response: ServerResponse) {
  const file = join(pageFolder, normalize(path === '/' ? '/index.html' : path))
  const found = await stat(file).catch(() => undefined)
  if (!found?.isFile()) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, {
    'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
  })
  createReadStream(file).pipe(response)
}
