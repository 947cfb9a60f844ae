import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

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
  #seen: LoggedRequest<Details>[] = []
  readonly #open = new WeakMap<FastifyRequest, LoggedRequest<Details>>()

  get all(): readonly LoggedRequest<Details>[] {
    return this.#seen
  }

  /** Adds details about a request; tokens in texts are removed, and long texts are cut. */
  note(request: FastifyRequest, details: Partial<Details>): void {
    const seen = this.#open.get(request)
    if (seen) Object.assign(seen, JSON.parse(JSON.stringify(details, redact)))
  }

  clear(): void {
    this.#seen = []
  }

  /** Logs a request that begins. */
  begin(request: FastifyRequest): void {
    if (unloggedPaths.test(pathOf(request))) return
    const seen = {
      id: randomUUID(),
      receivedAt: new Date().toISOString(),
      method: request.method,
      path: redact('path', pathOf(request)),
      status: null,
      durationMs: null,
    } as LoggedRequest<Details>
    this.#open.set(request, seen)
    this.#seen.push(seen)
    if (this.#seen.length > maxRequests) this.#seen.shift()
  }

  /** Hands a request over to another log. */
  move(request: FastifyRequest, log: this): void {
    const seen = this.#open.get(request)
    if (!seen || log === this) return
    this.#seen = this.#seen.filter(one => one !== seen)
    log.#seen = [...log.#seen, seen].slice(-maxRequests)
    log.#open.set(request, seen)
  }

  /** Notes how a request ended. */
  end(request: FastifyRequest, reply: FastifyReply): void {
    const seen = this.#open.get(request)
    if (!seen) return
    seen.status = reply.raw.statusCode
    seen.durationMs = Math.round(reply.elapsedTime)
    request.log.info(`${seen.method} ${seen.path} ${seen.status}`)
  }
}

function pathOf({ url }: FastifyRequest): string {
  return url.split('?', 1)[0] ?? '/'
}

function redact(_name: string, value: unknown): unknown {
  return typeof value === 'string'
    ? value.replaceAll(tokenCharacters, hideToken).slice(0, maxTextLength)
    : value
}

function hideToken(run: string): string {
  return run.includes('eyJ') && run.includes('.') ? '‹token›' : run
}
