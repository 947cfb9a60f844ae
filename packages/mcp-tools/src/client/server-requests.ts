import { parseJsonObject } from '@entra-agents/service-kit'
import { createParser } from 'eventsource-parser'

/** What the agent says to a request of the server (JSON-RPC 2.0). */
export interface ServerAnswer {
  readonly jsonrpc: '2.0'
  readonly id: string | number
}

const methodNotFound = { code: -32601, message: 'The agent supports no requests of the server but ping.' }
const maxRequests = 20
const knownField = /^(?:$|(?:data|event|id)(?::|$))/

/**
 * Reads a stream of server-sent events while it comes, and answers the server's requests in it: by the protocol of 2025, a
 * server may ask the model or the user for something, or ping the agent, and wait for the answer before it sends its result.
 */
export class ServerRequests {
  readonly #answer: (answer: ServerAnswer) => void
  readonly #others: string[] = []
  readonly #parser = createParser({
    onEvent: ({ id, event, data }) => {
      const request = readRequest(data)
      if (request) return this.#take(request)
      const lines = data.replaceAll('\n', '\ndata: ')
      this.#others.push(`id: ${id ?? ''}\nevent: ${event ?? ''}\ndata: ${lines}\n\n`)
    },
  })
  /** The pieces of the line that has not ended yet. */
  #line: string[] = []
  #endedInReturn = false
  #requests = 0

  constructor(answer: (answer: ServerAnswer) => void) {
    this.#answer = answer
  }

  /**
   * Takes in the next piece of the stream. The parser gets whole lines of known fields: for any other line it makes an error
   * with a stack, and in pieces with carriage returns it searches what is left of the piece for each line.
   */
  take(piece: string): void {
    if (piece === '') return
    const text = this.#endedInReturn && piece.startsWith('\n') ? piece.slice(1) : piece
    this.#endedInReturn = piece.endsWith('\r')
    const [end = '', ...lines] = text.split(/\r\n?|\n/)
    this.#line.push(end)
    if (lines.length === 0) return
    lines.unshift(this.#line.join(''))
    this.#line = [lines.pop() ?? '']
    for (const line of lines) if (knownField.test(line)) this.#parser.feed(`${line}\n`)
  }

  /** The stream until now without the server's requests. */
  get rest(): string {
    return this.#others.join('')
  }

  #take({ id, method }: ServerRequest): void {
    if (this.#requests >= maxRequests) return
    this.#requests += 1
    this.#answer({ jsonrpc: '2.0', id, ...(method === 'ping' ? { result: {} } : { error: methodNotFound }) })
  }
}

interface ServerRequest {
  readonly id: string | number
  readonly method: string
}

function readRequest(data: string): ServerRequest | undefined {
  if (!data.includes('"method"')) return undefined
  const { id, method } = parseJsonObject(data) ?? {}
  return (typeof id === 'string' || typeof id === 'number') && typeof method === 'string'
    ? { id, method }
    : undefined
}
