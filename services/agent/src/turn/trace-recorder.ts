import { randomUUID } from 'node:crypto'
import type { Problem, TraceStep } from '@entra-bedrock-agent/identity-trace'

type StepStart = Omit<TraceStep, 'id' | 'status' | 'startedAt' | 'durationMs' | 'problem'>
type StepPatch = Partial<Pick<TraceStep, 'title' | 'request' | 'response' | 'token'>>

/** A step that runs. End it exactly once, with `ok` or `fail`; its duration is measured between. */
export interface OpenStep {
  readonly id: string
  ok(patch?: StepPatch): void
  fail(problem: Problem, patch?: StepPatch): void
}

/**
 * The trace of one turn. It holds only what happened, in the order in which it started,
 * and reports every change of a step (same id replaces).
 */
export class TraceRecorder {
  readonly #steps = new Map<string, TraceStep>()
  readonly #open = new Map<string, OpenStep>()
  readonly #report: (step: TraceStep) => void

  constructor(report: (step: TraceStep) => void) {
    this.#report = report
  }

  get steps(): TraceStep[] {
    return [...this.#steps.values()]
  }

  /** Starts a step that takes time. */
  start(start: StepStart): OpenStep {
    const step: TraceStep = {
      ...start,
      id: randomUUID(),
      status: 'running',
      startedAt: new Date().toISOString(),
    }
    const startedMs = performance.now()
    const end = (status: 'ok' | 'failed', patch: StepPatch & { problem?: Problem }) => {
      if (!this.#open.delete(step.id)) return
      this.#put({ ...step, ...patch, status, durationMs: roundMs(performance.now() - startedMs) })
    }
    const open: OpenStep = {
      id: step.id,
      ok: patch => end('ok', { ...patch }),
      fail: (problem, patch) => end('failed', { ...patch, problem }),
    }
    this.#open.set(step.id, open)
    this.#put(step)
    return open
  }

  /**
   * Records what takes no time of its own: a token that arrived, or a hop that cannot be observed and so has no time at all.
   * Returns how to add what is learnt about it later, such as who verified the token.
   */
  note(status: 'ok' | 'not-observable', start: StepStart): (patch: StepPatch) => void {
    const seen = status === 'ok' ? { startedAt: new Date().toISOString() } : {}
    const step: TraceStep = { ...start, id: randomUUID(), status, ...seen }
    this.#put(step)
    return patch => this.#put({ ...step, ...patch })
  }

  /** Ends what still runs when the turn is over, innermost first: nothing runs on in a finished trace. */
  failOpenSteps(problem: Problem): void {
    for (const step of [...this.#open.values()].reverse()) step.fail(problem)
  }

  #put(step: TraceStep): void {
    this.#steps.set(step.id, step)
    this.#report(step)
  }
}

function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
