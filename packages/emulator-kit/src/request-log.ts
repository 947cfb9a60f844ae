import { randomUUID } from 'node:crypto'
import { getOrMake } from '@entra-agents/service-kit'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { LatestRows } from './latest-rows.ts'

const maxRequests = 1_000
const maxTextLength = 2_000
/** A run of the characters of tokens. */
const tokenCharacters = /[\w.-]+/g
const unloggedPaths = /^\/(emulator(\/|$)|livez$|readyz$|healthz$)/

/** A logged request: no header, query or body, but the details that the emulator noted about it. */
export type LoggedRequest<Details> = Partial<Details> & {
  readonly id: string
  readonly receivedAt: string
  readonly method: string
  readonly path: string
  /** `null` while there is no response, or when the connection broke. */
  status: number | null
  durationMs: number | null
}

/** The latest requests, the oldest first, without those to the control plane and to health checks. */
export class RequestLog<Details extends object> {
  readonly #seen = new LatestRows<LoggedRequest<Details>>(maxRequests)
  readonly #open = new WeakMap<FastifyRequest, LoggedRequest<Details>>()

  get all(): readonly LoggedRequest<Details>[] {
    return this.#seen.all
  }

  /** Adds details about a request; tokens in texts are removed, and long texts are cut. */
  note(request: FastifyRequest, details: Partial<Details>): void {
    Object.assign(this.#entryOf(request), JSON.parse(JSON.stringify(details, redact)))
  }

  /** Notes how a request ended. */
  end(request: FastifyRequest, { raw, elapsedTime, log }: FastifyReply): void {
    const seen = this.#entryOf(request)
    seen.status = raw.statusCode
    seen.durationMs = Math.round(elapsedTime)
    if (!unloggedPaths.test(seen.path)) log.info(`${seen.method} ${seen.path} ${seen.status}`)
  }

  clear(): void {
    this.#seen.clear()
  }

  /** The entry of a request, from the first word about it on. */
  #entryOf(request: FastifyRequest): LoggedRequest<Details> {
    return getOrMake(this.#open, request, () => {
      const seen = {
        id: randomUUID(),
        receivedAt: new Date().toISOString(),
        method: request.method,
        path: redact('path', request.url.split('?', 1)[0]),
        status: null,
        durationMs: null,
      } as LoggedRequest<Details>
      if (!unloggedPaths.test(seen.path)) this.#seen.add(seen)
      return seen
    })
  }
}

function redact(_name: string, value: unknown): unknown {
  return typeof value === 'string'
    ? value
        .replaceAll(tokenCharacters, run => (run.includes('eyJ') && run.includes('.') ? '‹token›' : run))
        .slice(0, maxTextLength)
    : value
}
