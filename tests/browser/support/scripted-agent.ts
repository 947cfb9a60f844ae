import { EventEmitter, once } from 'node:events'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { text } from 'node:stream/consumers'
import { LocalServer } from '@entra-agents/service-kit/testing/local-server'
import type { ChatRequest, ContinueRequest, Problem, TurnEvent } from '@entra-agents/trace'
import { turnStart } from './turns.ts'

const pageFolder = join(import.meta.dirname, '../../../services/chat-ui/dist')

/** As strict as the policy that the agent itself sends with the page. */
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

/** The agent's answer to one question: a sequence of events, until `signal` aborts because the page is gone. */
export type Script = (
  request: ChatRequest,
  send: (...events: TurnEvent[]) => void,
  signal: AbortSignal,
) => Promise<void>

/** An agent that sends what a test scripts, for behaviour that the real agent does not show on demand. */
export class ScriptedAgent extends LocalServer {
  /** If `undefined`, the agent responds with 503 instead of a configuration. */
  config: Record<string, unknown> | undefined = {}
  status: Record<string, unknown> = {}
  script: Script = async () => {}
  /** The events with which a turn that waited goes on. */
  goOn: (request: ContinueRequest) => readonly TurnEvent[] = () => []
  /** The problem that is sent instead of a continuation. */
  refusal: Problem | undefined
  /** The requests to continue a turn that came since the last `forget`. */
  readonly continued: ContinueRequest[] = []
  readonly #questions: ChatRequest[] = []
  readonly #arrivals = new EventEmitter()

  constructor() {
    super((request, response) => {
      this.#answer(request, response).catch(() => response.destroy())
    }, 'localhost')
  }

  /** Answers every question with these events, after the start of the turn. */
  answer(eventsFor: (request: ChatRequest) => readonly TurnEvent[]): void {
    this.script = async (request, send) => send(turnStart(request), ...eventsFor(request))
  }

  /** Waits for `count` questions since the last `forget` and returns them all: the page shows a question before it arrives here. */
  async received(count: number): Promise<readonly ChatRequest[]> {
    const signal = AbortSignal.timeout(10_000)
    while (this.#questions.length < count) await once(this.#arrivals, 'question', { signal })
    return [...this.#questions]
  }

  /** Answers every question with these events and never ends the answer. Resolves when the page has closed the connection. */
  neverEnd(...events: TurnEvent[]): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.script = async (request, send, signal) => {
      send(turnStart(request), ...events)
      signal.addEventListener('abort', () => resolve())
      await promise
    }
    return promise
  }

  forget(): void {
    this.#questions.length = 0
    this.continued.length = 0
    this.refusal = undefined
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', this.url).pathname
    if (path === '/api/config') sendJson(response, this.config)
    else if (path === '/api/status') sendJson(response, this.status)
    else if (path === '/api/chat') await this.#answerQuestion(request, response)
    else if (path === '/api/chat/continue') await this.#goOn(request, response)
    else if (path === '/spaced.css') response.writeHead(200, { 'content-type': 'text/css' }).end(spacedText)
    else await sendFile(path, response)
  }

  async #answerQuestion(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const question: ChatRequest = JSON.parse(await text(request))
    this.#questions.push(question)
    this.#arrivals.emit('question')
    await streamEvents(response, (send, signal) => this.script(question, send, signal))
  }

  async #goOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const continued: ContinueRequest = JSON.parse(await text(request))
    this.continued.push(continued)
    const { status = 0 } = this.refusal ?? {}
    const headers = { 'content-type': 'application/problem+json' }
    if (this.refusal) response.writeHead(status, headers).end(JSON.stringify(this.refusal))
    else await streamEvents(response, async send => send(turnStart(continued), ...this.goOn(continued)))
  }
}

/** Sends the events of a script as an event stream. */
async function streamEvents(
  response: ServerResponse,
  run: (send: (...events: TurnEvent[]) => void, signal: AbortSignal) => Promise<void>,
): Promise<void> {
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
  await run(send, gone.signal)
  response.end()
}

function sendJson(response: ServerResponse, body: unknown): void {
  const status = body === undefined ? 503 : 200
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Styles with the spacing that readers may set (WCAG 1.4.12). */
const spacedText =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }'

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
