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
    const end = (status: 'ok' | 'failed', patch: StepPatch & { problem?: Problem }) =>
      this.#put({ ...step, ...patch, status, durationMs: roundMs(performance.now() - startedMs) })
    this.#put(step)
    return {
      id: step.id,
      ok: patch => end('ok', { ...patch }),
      fail: (problem, patch) => end('failed', { ...patch, problem }),
    }
  }

  /** Records what takes no time of its own: a token that arrived, or a hop that cannot be observed. */
  note(status: 'ok' | 'not-observable', start: StepStart): void {
    this.#put({ ...start, id: randomUUID(), status, startedAt: new Date().toISOString() })
  }

  #put(step: TraceStep): void {
    this.#steps.set(step.id, step)
    this.#report(step)
  }
}

function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10
}
