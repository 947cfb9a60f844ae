import type { StepFacts } from '@entra-agents/identity/core'
import { appAttributes, httpAttributes, logIdAttributes } from '@entra-agents/telemetry'
import type { LogIds, Problem, TraceStep } from '@entra-agents/trace'
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** Steps that call another service. */
const callKinds: ReadonlySet<TraceStep['kind']> = new Set(['token-request', 'api-call', 'model'])
/** Other services name failures as they like; only what has the form of a code is taken. */
const codeShape = /^[\w.-]{1,64}$/

/** The spans of one turn: its own, and one for each step that takes time, below the span of the step that it belongs to. */
export class TurnSpans {
  readonly #tracer: Tracer
  readonly #turn: Span
  readonly #context: Context
  /** Kept when a step ends, since steps below it may begin later. */
  readonly #steps = new Map<string, Span>()
  readonly #open = new Set<Span>()

  constructor(tracer: Tracer, name: string, attributes: Attributes) {
    this.#tracer = tracer
    this.#turn = tracer.startSpan(name, { attributes })
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#turn)
  }

  /** Returns the `traceparent` for the called service. https://www.w3.org/TR/trace-context/#traceparent-header */
  stepStarted(step: TraceStep, { name = `${step.kind} ${step.to}`, attributes = {} }: StepFacts): string {
    const parent = step.parentId === undefined ? undefined : this.#steps.get(step.parentId)
    const context = parent ? trace.setSpan(ROOT_CONTEXT, parent) : this.#context
    const kind = callKinds.has(step.kind) ? SpanKind.CLIENT : SpanKind.INTERNAL
    const span = this.#tracer.startSpan(name, { kind, attributes }, context)
    this.#steps.set(step.id, span)
    this.#open.add(span)
    const { traceId, spanId, traceFlags } = span.spanContext()
    return `00-${traceId}-${spanId}-0${traceFlags}`
  }

  stepEnded({ id, kind, response, problem, logIds }: TraceStep, attributes: Attributes): void {
    const span = this.#steps.get(id)
    if (!span || !this.#open.delete(span)) return
    span.setAttributes(attributes)
    // A model step may have several attempts, and `response` is that of the last one only.
    if (response && kind !== 'model') span.setAttribute(httpAttributes.status, response.status)
    for (const name in logIds) {
      const id = logIds[name as keyof LogIds]
      if (id !== undefined) span.setAttribute(logIdAttributes[name as keyof LogIds], id)
    }
    endSpan(span, problem)
  }

  /** Ends the turn's span, and the spans of steps that are still open because the client closed the connection. */
  turnEnded(problem: Problem | undefined, attributes: Attributes): void {
    for (const span of this.#open) span.setAttribute(appAttributes.aborted, true).end()
    this.#turn.setAttributes(attributes)
    endSpan(this.#turn, problem)
  }
}

function endSpan(span: Span, problem: Problem | undefined): void {
  if (problem) {
    const { code, upstream: { code: upstreamCode = '' } = {} } = problem
    span.setAttribute(httpAttributes.errorType, code)
    if (codeShape.test(upstreamCode)) span.setAttribute(appAttributes.upstreamCode, upstreamCode)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
