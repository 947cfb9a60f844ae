import type { IncomingHttpHeaders } from 'node:http'
import {
  type Context,
  context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { FastifyInstance } from 'fastify'
import { appAttributes, httpAttributes } from './names.ts'

export interface ServerSpanOptions {
  /**
   * Whether a request's `traceparent` becomes the parent of its span. Otherwise the span links to it, so that unknown
   * callers cannot decide what is sampled.
   */
  readonly trustsCallers: boolean
  /** Routes without spans. */
  readonly untraced: readonly string[]
}

const propagator = new W3CTraceContextPropagator()

/**
 * Makes a span for every request, from its arrival until its response has ended or its client has closed the connection.
 * Hooks and handlers that are registered later run inside the span.
 */
export function addServerSpans(
  app: FastifyInstance,
  tracer: Tracer,
  { trustsCallers, untraced }: ServerSpanOptions,
): void {
  // The hook takes a callback, since a context that an async hook sets would end with the hook.
  app.addHook('onRequest', (request, reply, done) => {
    const { method, headers, routeOptions } = request
    const { url: route } = routeOptions
    if (route !== undefined && untraced.includes(route)) {
      done()
      return
    }
    const caller = readCallerContext(headers)
    const parent = trustsCallers ? caller : ROOT_CONTEXT
    const stranger = trustsCallers ? undefined : trace.getSpanContext(caller)
    const span = tracer.startSpan(
      route === undefined ? method : `${method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: { [httpAttributes.method]: method, [httpAttributes.route]: route },
        links: stranger ? [{ context: stranger }] : [],
      },
      parent,
    )
    reply.raw.once('close', () => {
      const { statusCode, writableFinished } = reply.raw
      if (writableFinished) span.setAttribute(httpAttributes.status, statusCode)
      else span.setAttribute(appAttributes.aborted, true)
      if (writableFinished && statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    })
    context.with(trace.setSpan(parent, span), done)
  })
}

/** Reads only the ids in `traceparent`: `tracestate` and `baggage` of a caller would be exported unchecked. */
function readCallerContext(headers: IncomingHttpHeaders): Context {
  if (headers['traceparent'] === undefined) return ROOT_CONTEXT
  const found = trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter))
  if (!found) return ROOT_CONTEXT
  const { traceId, spanId, traceFlags } = found
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
