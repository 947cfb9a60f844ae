import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Entra } from '../entra.ts'
import { type Leg, legOf } from './legs.ts'

/** One request as tests and curious people may see it: no secret, no token, no code. */
export interface SeenRequest {
  readonly at: string
  readonly method: string
  readonly path: string
  readonly leg: Leg
  readonly correlationId: string
  readonly traceparent: string | null
  readonly origin: string | null
  /** Fields of the form that are no credentials. */
  readonly form: Readonly<Record<string, string>>
  /** `null` while unanswered, or when the connection broke. */
  status: number | null
  aadsts: number | null
}

const shownFields = [
  'client_id',
  'grant_type',
  'scope',
  'fmi_path',
  'requested_token_use',
  'client_info',
  'client_assertion_type',
  'redirect_uri',
]
const maxFieldLength = 500
const maxRequests = 500

/** The latest requests of the protocol, the oldest first. */
export class RequestLog {
  #seen: SeenRequest[] = []

  get all(): readonly SeenRequest[] {
    return this.#seen
  }

  add(request: SeenRequest): void {
    this.#seen.push(request)
    if (this.#seen.length > maxRequests) this.#seen.shift()
  }

  clear(): void {
    this.#seen = []
  }
}

/** Keeps the log, and writes a line per request to the process's own. */
export function keepRequestLog(app: FastifyInstance, entra: Entra): void {
  const open = new WeakMap<FastifyRequest, SeenRequest>()

  app.addHook('preHandler', async request => {
    const leg = legOf(request)
    if (leg === undefined) return
    const seen = describeRequest(request, leg, entra.clock.nowMs())
    open.set(request, seen)
    entra.requests.add(seen)
  })

  app.addHook('onResponse', async (request, reply) => {
    const seen = open.get(request)
    if (!seen) return
    seen.status = reply.statusCode
    seen.aadsts = request.aadsts ?? null
    request.log.info(
      {
        leg: seen.leg,
        client: seen.form['client_id'],
        aadsts: request.aadsts,
        correlationId: seen.correlationId,
      },
      `${seen.method} ${seen.path} ${seen.status}`,
    )
  })
}

function describeRequest(request: FastifyRequest, leg: Leg, nowMs: number): SeenRequest {
  const { body, headers, method, trace, url } = request
  const form = body instanceof URLSearchParams ? body : new URLSearchParams()
  const shown = shownFields.flatMap(name => {
    const value = form.get(name)
    return value === null ? [] : [[name, value.slice(0, maxFieldLength)]]
  })
  return {
    at: new Date(nowMs).toISOString(),
    method,
    path: url.split('?', 1)[0] ?? '',
    leg,
    correlationId: trace.correlationId,
    traceparent: typeof headers['traceparent'] === 'string' ? headers['traceparent'] : null,
    origin: headers.origin ?? null,
    form: Object.fromEntries(shown),
    status: null,
    aadsts: null,
  }
}
