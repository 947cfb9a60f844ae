/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly event: string
  readonly data: string
  /** The last event id that the stream has set; empty when it has set none. */
  readonly id: string
}

/**
 * Parses a `text/event-stream` (HTML standard, §9.2.6 Interpreting an event stream) from pieces of any size; lines end with
 * CR, LF or CRLF. An event that is cut off is never returned. `retry` is ignored.
 */
export class EventStreamParser {
  #rest = ''
  #atStart = true
  #skipLineFeed = false
  #event = ''
  #data: string[] = []
  #id = ''

  /** Returns the events that this piece of decoded text completes. */
  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = []
    for (const line of this.#completeLines(text)) {
      if (line !== '') this.#readField(line)
      else if (this.#data.length > 0) events.push(this.#takeEvent())
      else this.#event = ''
    }
    return events
  }

  #completeLines(piece: string): string[] {
    let text = piece
    if (this.#atStart && text !== '') {
      this.#atStart = false
      if (text.startsWith('\uFEFF')) text = text.slice(1)
    }
    if (this.#skipLineFeed && text !== '') {
      this.#skipLineFeed = false
      if (text.startsWith('\n')) text = text.slice(1)
    }
    if (text.endsWith('\r')) this.#skipLineFeed = true
    const lines = (this.#rest + text).split(/\r\n|\r|\n/)
    this.#rest = lines.pop() ?? ''
    return lines
  }

  #readField(line: string): void {
    const colon = line.indexOf(':')
    if (colon === 0) return
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'data') this.#data.push(value)
    else if (field === 'id' && !value.includes('\0')) this.#id = value
  }

  #takeEvent(): StreamEvent {
    const event = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id }
    this.#event = ''
    this.#data = []
    return event
  }
}
