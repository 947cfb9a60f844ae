import { EventEmitter, once } from 'node:events'
import type { ChatRequest, ContinueRequest, Problem, TurnEvent } from '@entra-agents/trace'
import fastify, { type FastifyReply } from 'fastify'
import { pageRoutes } from '../../../services/agent/src/routes/page.ts'
import { config, status, turnStart } from './turns.ts'

type Send = (...events: TurnEvent[]) => void

/** The agent's answer to one question: a sequence of events, until `signal` aborts because the page is gone. */
export type Script = (request: ChatRequest, send: Send, signal: AbortSignal) => Promise<void>

/** Styles with the spacing that readers may set (WCAG 1.4.12). */
const spacedText =
  '* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }'

/** An agent that sends what a test scripts, for behaviour that the real agent does not show on demand. Its page is the real one. */
export class ScriptedAgent {
  /** If `undefined`, the agent responds with 503 instead of a configuration. */
  config: object | undefined = config
  status: object = status
  script: Script = async () => {}
  /** The events with which a turn that waited goes on. */
  goOn: (request: ContinueRequest) => readonly TurnEvent[] = () => []
  /** The problem that is sent instead of a continuation. */
  refusal: Problem | undefined
  /** The requests to continue a turn that came since the last reset. */
  readonly continued: ContinueRequest[] = []
  readonly #questions: ChatRequest[] = []
  readonly #arrivals = new EventEmitter()
  readonly #app = fastify({ forceCloseConnections: true })
  url = ''

  async start(): Promise<this> {
    const app = this.#app
    await app.register(pageRoutes, { folder: undefined, authority: config.authority })
    app.get('/api/config', (_request, reply) => reply.code(this.config ? 200 : 503).send(this.config ?? {}))
    app.get('/api/status', (_request, reply) => reply.send(this.status))
    app.get('/spaced.css', (_request, reply) => reply.type('text/css').send(spacedText))
    app.post<{ Body: ChatRequest }>('/api/chat', async ({ body }, reply) => {
      this.#questions.push(body)
      this.#arrivals.emit('question')
      await streamEvents(reply, (send, signal) => this.script(body, send, signal))
    })
    app.post<{ Body: ContinueRequest }>('/api/chat/continue', async ({ body }, reply) => {
      this.continued.push(body)
      if (this.refusal)
        return reply.code(this.refusal.status).type('application/problem+json').send(this.refusal)
      return streamEvents(reply, async send => send(turnStart(body), ...this.goOn(body)))
    })
    this.url = await app.listen({ host: 'localhost', port: 0 })
    return this
  }

  close(): Promise<void> {
    return this.#app.close()
  }

  /** Answers every question with these events, after the start of the turn. */
  answer(eventsFor: (request: ChatRequest) => readonly TurnEvent[]): void {
    this.script = async (request, send) => send(turnStart(request), ...eventsFor(request))
  }

  /** Waits for `count` questions since the last reset and returns them all: the page shows a question before it arrives here. */
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

  /** Forgets what came, and answers with these events again. */
  reset(eventsFor: (request: ChatRequest) => readonly TurnEvent[]): void {
    this.#questions.length = 0
    this.continued.length = 0
    Object.assign(this, { config, status, refusal: undefined })
    this.answer(eventsFor)
  }
}

/** Sends the events of a script as an event stream. */
async function streamEvents(
  reply: FastifyReply,
  run: (send: Send, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { raw } = reply.hijack()
  const gone = new AbortController()
  raw.on('close', () => gone.abort())
  raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
  let id = 0
  const send: Send = (...events) => {
    for (const { event, data } of events) {
      id += 1
      raw.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    }
  }
  await run(send, gone.signal)
  raw.end()
}
