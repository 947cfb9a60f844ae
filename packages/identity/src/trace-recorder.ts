import { randomUUID } from 'node:crypto'
import { nowAsText } from '@entra-agents/service-kit'
import { type Problem, putStep, type TraceStep } from '@entra-agents/trace'
import type { Attributes } from '@opentelemetry/api'

type StepStart = Omit<TraceStep, 'id' | 'status' | 'startedAt' | 'durationMs' | 'problem'> & {
  /** The id of a step that waited for the user, if the new step continues that step. */
  readonly id?: string | undefined
}
type StepPatch = Partial<Pick<TraceStep, 'title' | 'request' | 'response' | 'token' | 'logIds' | 'unused'>>
type EndStatus = 'ok' | 'failed' | 'waiting'
type EndPatch = StepPatch & Pick<TraceStep, 'problem' | 'approval'>

/** What spans and metrics show of a step besides kind, time and outcome. It must contain no text of users or models. */
export interface StepFacts {
  /** Name of the span. */
  readonly name?: string
  readonly attributes?: Attributes | undefined
}

/** A step that runs. Exactly one call of `ok`, `fail`, `deny` or `wait` ends the step, and with it the measured duration. */
export interface OpenStep {
  readonly id: string
  /** W3C Trace Context for the service that the step calls; `undefined` if the turn is not traced. */
  readonly traceparent: string | undefined
  ok(patch?: StepPatch, attributes?: Attributes): void
  fail(problem: Problem, patch?: StepPatch, attributes?: Attributes): void
  /** Ends the step of a call that the user has denied: nothing was called. */
  deny(approval: NonNullable<TraceStep['approval']>): void
  /** Ends the step as waiting. Once the user has decided, `start` continues the step with the same `id`. */
  wait(): void
  /** Ends the step of a request whose result nobody waits for any more. It has no outcome, so that spans and metrics show none. */
  leave(): void
}

/** Observes every step with a duration, for spans and metrics. */
export interface StepObserver {
  /** Returns the `traceparent` for the service that the step calls. */
  stepStarted(step: TraceStep, facts: StepFacts): string | undefined
  /** @param attributes known only at the step's end */
  stepEnded(step: TraceStep, facts: StepFacts, attributes: Attributes): void
}

/**
 * The trace of one turn: its steps in the order in which they started. Every change of a step is reported as a step with
 * the same id.
 */
export class TraceRecorder {
  readonly #steps = new Map<string, TraceStep>()
  readonly #open = new Map<string, OpenStep>()
  readonly #report: (step: TraceStep) => void
  readonly #observer: StepObserver | undefined

  constructor(report: (step: TraceStep) => void, observer?: StepObserver) {
    this.#report = report
    this.#observer = observer
  }

  get steps(): TraceStep[] {
    return [...this.#steps.values()]
  }

  /** Starts a step with a duration. */
  start(start: StepStart, facts: StepFacts = {}): OpenStep {
    const step: TraceStep = {
      ...start,
      id: start.id ?? randomUUID(),
      status: 'running',
      startedAt: nowAsText(),
    }
    const startedMs = performance.now()
    const close = (status: EndStatus, patch: EndPatch) => {
      if (!this.#open.delete(step.id)) return undefined
      // The step may lie below another one by now.
      const latest = this.#steps.get(step.id) ?? step
      const ended = { ...latest, ...patch, status, durationMs: roundMs(performance.now() - startedMs) }
      this.#put(ended)
      return ended
    }
    const end = (status: EndStatus, patch: EndPatch, attributes: Attributes = {}) => {
      const ended = close(status, patch)
      if (ended) this.#observer?.stepEnded(ended, facts, attributes)
    }
    const open: OpenStep = {
      id: step.id,
      traceparent: this.#observer?.stepStarted(step, facts),
      ok: (patch, attributes) => end('ok', { ...patch }, attributes),
      fail: (problem, patch, attributes) => end('failed', { ...patch, problem }, attributes),
      deny: approval => end('failed', { approval }),
      wait: () => end('waiting', {}),
      leave: () => void close('failed', { unused: true }),
    }
    this.#open.set(step.id, open)
    this.#put(step)
    return open
  }

  /**
   * Records what has no duration: a token that arrived, what an API says of the token, or a hop that cannot be observed, which
   * has no start either. Returns a function that adds what is learnt later, such as who verified the token.
   */
  note(status: 'ok' | 'failed' | 'not-observable', start: StepStart): (patch: StepPatch) => void {
    const seen = status === 'not-observable' ? {} : { startedAt: nowAsText() }
    const step: TraceStep = { ...start, id: randomUUID(), status, ...seen }
    this.#put(step)
    return patch => this.#put({ ...step, ...patch })
  }

  /** Puts a step below the one that it turned out to belong to; it now counts as used. */
  use(id: string, parentId: string | undefined): void {
    const step = this.#steps.get(id)
    if (!step) return
    const { parentId: _, unused: __, ...moved } = step
    this.#put(parentId === undefined ? moved : { ...moved, parentId })
  }

  /**
   * A recorder for work that may outlast its turn. Its steps are in this trace if they happen before `leave` is called;
   * later ones are lost. If `leave` gets a problem, the steps that still run end as failed, with this problem.
   */
  branch(): { readonly trace: TraceRecorder; readonly leave: (problem: Problem | undefined) => void } {
    let isLeft = false
    const observer = this.#observer
    const trace = new TraceRecorder(
      step => {
        if (!isLeft) this.#put(step)
      },
      observer && {
        stepStarted: (...started) => (isLeft ? undefined : observer.stepStarted(...started)),
        stepEnded: (...ended) => {
          if (!isLeft) observer.stepEnded(...ended)
        },
      },
    )
    const leave = (problem: Problem | undefined) => {
      if (problem) trace.failOpenSteps(problem)
      isLeft = true
    }
    return { trace, leave }
  }

  /** Ends all open steps when the turn is over, innermost first. */
  failOpenSteps(problem: Problem): void {
    for (const step of [...this.#open.values()].reverse()) step.fail(problem)
  }

  #put(step: TraceStep): void {
    putStep(this.#steps, step)
    this.#report(step)
  }
}

/** Rounds to tenths of a millisecond. */
export function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
