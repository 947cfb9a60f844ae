import type { ChatRequest, ContinueRequest, Problem, TurnEvent } from '@entra-bedrock-agent/identity-trace'
import { EventStreamParser, type StreamEvent } from './event-stream.ts'
import { PageError, type PageProblem, pageProblem } from './page-problem.ts'

/** The agent sends at least a comment every 15 s; after three missing ones the connection counts as lost. */
const silenceLimitMs = 45_000

const lastEventNames: ReadonlySet<string> = new Set(['result', 'pause', 'problem'])
const turnEventNames: ReadonlySet<string> = new Set(['turn', 'step', 'delta', 'notice', ...lastEventNames])

export interface AskOptions {
  /** Tc; sent only where the flow needs it. */
  readonly userToken: string | undefined
  readonly signal: AbortSignal
}

/**
 * Asks the agent, or goes on with a turn that waited, and yields the events of the turn as they come; the last one is `result`, `pause` or `problem`.
 * Throws a PageError when the agent takes no turn, and the signal's reason when it was aborted.
 */
export async function* askAgent(
  request: ChatRequest | ContinueRequest,
  options: AskOptions,
): AsyncGenerator<TurnEvent> {
  const silence = new SilenceWatch()
  const signal = AbortSignal.any([options.signal, silence.signal])
  let answering = false
  try {
    const response = await fetch('continuation' in request ? '/api/chat/continue' : '/api/chat', {
      method: 'POST',
      headers: {
        accept: 'text/event-stream',
        'content-type': 'application/json',
        ...(options.userToken ? { authorization: `Bearer ${options.userToken}` } : {}),
      },
      body: JSON.stringify(request),
      signal,
    })
    if (!isEventStream(response)) throw new PageError(await readProblem(response))
    answering = true
    yield* readTurn(response.body, silence)
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason
    if (error instanceof PageError) throw error
    if (silence.signal.aborted) throw new PageError(pageProblem('AGENT_SILENT'))
    throw new PageError(pageProblem(answering ? 'ANSWER_BROKEN_OFF' : 'AGENT_UNREACHABLE'))
  } finally {
    silence.end()
  }
}

function isEventStream(response: Response): response is Response & { body: ReadableStream<Uint8Array> } {
  const type = response.headers.get('content-type') ?? ''
  return response.ok && type.startsWith('text/event-stream') && response.body !== null
}

/** Reads a problem; those of proxies may have fewer members than the agent's. */
async function readProblem(response: Response): Promise<PageProblem> {
  const unexpected = pageProblem('UNEXPECTED_RESPONSE', `HTTP status ${response.status}.`)
  const type = response.headers.get('content-type') ?? ''
  if (!type.startsWith('application/problem+json')) return unexpected
  const problem: Partial<Problem> = await response.json().catch(() => ({}))
  return { ...unexpected, ...problem }
}

async function* readTurn(body: ReadableStream<Uint8Array>, silence: SilenceWatch): AsyncGenerator<TurnEvent> {
  const parser = new EventStreamParser()
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    while (true) {
      const piece = await reader.read()
      if (piece.done) throw new PageError(pageProblem('ANSWER_BROKEN_OFF'))
      silence.heard()
      for (const event of parser.push(decoder.decode(piece.value, { stream: true }))) {
        if (!turnEventNames.has(event.event)) continue
        yield turnEvent(event)
        if (lastEventNames.has(event.event)) return
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}

/** The agent is part of the product and validates what it sends, so its events are not validated again. */
function turnEvent(event: StreamEvent): TurnEvent {
  return { event: event.event, data: JSON.parse(event.data) } as TurnEvent
}

/** Aborts its signal when nothing was received for too long. */
class SilenceWatch {
  readonly #controller = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor() {
    this.heard()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  heard(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#controller.abort(), silenceLimitMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}
