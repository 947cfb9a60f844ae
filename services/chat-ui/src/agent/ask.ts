import type { ChatRequest, ContinueRequest, TurnEvent } from '@entra-agents/trace'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { PageError, pageProblem, readProblem } from './page-problem.ts'

/** The agent sends at least a comment every 15 s; after three missing comments the connection counts as lost. */
const silenceLimitMs = 45_000

const lastEventNames = ['result', 'pause', 'problem']
const turnEventNames = ['turn', 'step', 'delta', 'notice', ...lastEventNames]

interface AskOptions {
  /** Tc; sent only if the flow needs it. */
  readonly userToken: string | undefined
  readonly signal: AbortSignal
}

/**
 * Asks the agent or continues a turn, and yields the turn's events as they come, the last being `result`, `pause` or `problem`.
 * Throws a PageError if the agent does not accept the turn, and the signal's reason after an abort.
 */
export async function* askAgent(
  request: ChatRequest | ContinueRequest,
  options: AskOptions,
): AsyncGenerator<TurnEvent> {
  const silence = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const noteSound = () => {
    clearTimeout(timer)
    timer = setTimeout(() => silence.abort(), silenceLimitMs)
  }
  noteSound()
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
    yield* readTurn(response.body, noteSound)
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason
    if (error instanceof PageError) throw error
    if (silence.signal.aborted) throw new PageError(pageProblem('AGENT_SILENT'))
    throw new PageError(pageProblem(answering ? 'ANSWER_BROKEN_OFF' : 'AGENT_UNREACHABLE'))
  } finally {
    clearTimeout(timer)
  }
}

function isEventStream(response: Response): response is Response & { body: NonNullable<Response['body']> } {
  const type = response.headers.get('content-type') ?? ''
  return response.ok && type.startsWith('text/event-stream') && response.body !== null
}

async function* readTurn(
  body: NonNullable<Response['body']>,
  noteSound: () => void,
): AsyncGenerator<TurnEvent> {
  const events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: event => events.push(event) })
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  try {
    while (true) {
      const piece = await reader.read()
      if (piece.done) throw new PageError(pageProblem('ANSWER_BROKEN_OFF'))
      noteSound()
      parser.feed(piece.value)
      for (const { event = '', data } of events.splice(0)) {
        if (!turnEventNames.includes(event)) continue
        // The agent is part of the product and validates what it sends, so its events are not validated again.
        yield { event, data: JSON.parse(data) } as TurnEvent
        if (lastEventNames.includes(event)) return
      }
    }
  } finally {
    reader.cancel().catch(() => {})
  }
}
