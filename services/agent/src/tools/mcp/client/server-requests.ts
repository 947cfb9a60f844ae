type Json = Readonly<Record<string, unknown>>

/** What the agent says to a request of the server (JSON-RPC 2.0). */
export interface ServerAnswer {
  readonly jsonrpc: '2.0'
  readonly id: string | number
}

const methodNotFound = { code: -32601, message: 'The agent supports no requests of the server but ping.' }
const endOfEvent = /\r\n\r\n|\n\n|\r\r/
/** Requests of a server are small; an event that is longer than this is a result. */
const maxRequestCharacters = 64 * 1024
const maxRequests = 20

/**
 * Reads a stream of server-sent events while it comes, and answers the server's requests in it: by the protocol of 2025, a
 * server may ask the model or the user for something, or ping the agent, and wait for the answer before it sends its result.
 */
export class ServerRequests {
  readonly #answer: (answer: ServerAnswer) => void
  #rest = ''
  #isTooLong = false
  #requests = 0

  constructor(answer: (answer: ServerAnswer) => void) {
    this.#answer = answer
  }

  /** Takes in the next piece of the stream. */
  take(text: string): void {
    const events = `${this.#rest}${text}`.split(endOfEvent)
    const last = events.pop() ?? ''
    for (const [index, event] of events.entries()) {
      if (index > 0 || !this.#isTooLong) this.#read(event)
    }
    this.#isTooLong = (this.#isTooLong && events.length === 0) || last.length > maxRequestCharacters
    // Of an event that is too long only the last characters are kept: they may begin the empty line that ends the event.
    this.#rest = this.#isTooLong ? last.slice(-3) : last
  }

  #read(event: string): void {
    const request = readRequest(event)
    if (request === undefined || this.#requests >= maxRequests) return
    this.#requests += 1
    const { id, method } = request
    this.#answer({ jsonrpc: '2.0', id, ...(method === 'ping' ? { result: {} } : { error: methodNotFound }) })
  }
}

/** The stream without the server's requests, which were answered while it came. */
export function withoutServerRequests(stream: string): string {
  const events = stream.split(endOfEvent)
  const kept = events.filter(event => readRequest(event) === undefined)
  return kept.length === events.length ? stream : kept.join('\n\n')
}

function readRequest(event: string): { id: string | number; method: string } | undefined {
  if (event.length > maxRequestCharacters || !event.includes('"method"')) return undefined
  const data = event
    .split(/\r\n|\n|\r/)
    .flatMap(line => (line.startsWith('data:') ? [line.slice('data:'.length)] : []))
    .join('\n')
  const { id, method } = parseJson(data)
  return (typeof id === 'string' || typeof id === 'number') && typeof method === 'string'
    ? { id, method }
    : undefined
}

function parseJson(text: string): Json {
  try {
    return Object(JSON.parse(text)) as Json
  } catch {
    return {}
  }
}
