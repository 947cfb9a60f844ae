import { randomUUID } from 'node:crypto'
import type { FastifyRequest } from 'fastify'

const maxEntries = 2_000

/** A request as the stand-in saw it. Never a header, a key or a token. */
export interface SeenRequest {
  readonly id: string
  readonly receivedAt: string
  readonly protocol: 'HTTP/1.1' | 'HTTP/2'
  readonly method: string
  readonly path: string
  readonly operation: string
  principal?: string
  modelId?: string
  /** What tools answered, as the caller passed it on in this request. */
  toolResults?: readonly { readonly toolUseId: string; readonly text: string }[]
  status?: number
  /** Name of the error that was answered. */
  error?: string
  stopReason?: string
  eventsSent?: number
  /** `client-closed`: the caller went away before the end. */
  outcome?: 'complete' | 'broken' | 'client-closed'
  /** From the request to its end. */
  durationMs?: number
}

/** The latest requests, oldest first. */
export class RequestLog {
  #entries: SeenRequest[] = []

  get entries(): readonly SeenRequest[] {
    return this.#entries
  }

  /** Notes a request; the caller adds to the entry what it learns of it. */
  open({ raw, method, url }: FastifyRequest, operation: string): SeenRequest {
    const entry: SeenRequest = {
      id: randomUUID(),
      receivedAt: new Date().toISOString(),
      protocol: raw.httpVersionMajor === 2 ? 'HTTP/2' : 'HTTP/1.1',
      method,
      path: url.split('?', 1)[0] ?? '/',
      operation,
    }
    this.#entries.push(entry)
    if (this.#entries.length > maxEntries) this.#entries.shift()
    return entry
  }

  clear(): void {
    this.#entries = []
  }
}
