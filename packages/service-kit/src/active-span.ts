import { trace } from '@opentelemetry/api'

/** Ids of the active span, by the names that log collectors expect; empty without tracing. */
export function traceIds(): { trace_id?: string; span_id?: string; trace_flags?: string } {
  const span = trace.getActiveSpan()
  if (!span) return {}
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { trace_id: traceId, span_id: spanId, trace_flags: `0${traceFlags}` }
}

/** Marks the active span as failed with this code. */
export function markSpanFailed(code: string): void {
  trace.getActiveSpan()?.setAttribute('error.type', code)
}
