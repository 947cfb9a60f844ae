import { trace } from '@opentelemetry/api'

/** Ids of the span that is under way, by the names that collectors look for in logs; nothing where nothing is traced. */
export function traceIds(): { trace_id?: string; span_id?: string; trace_flags?: string } {
  const span = trace.getActiveSpan()
  if (!span) return {}
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { trace_id: traceId, span_id: spanId, trace_flags: `0${traceFlags}` }
}

/** Tells the span that is under way why it failed. */
export function markFailed(code: string): void {
  trace.getActiveSpan()?.setAttribute('error.type', code)
}
