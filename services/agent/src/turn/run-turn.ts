import { randomUUID } from 'node:crypto'
import {
  type Flow,
  type HistoryEntry,
  needsUser,
  type Problem,
  type TurnEvent,
} from '@entra-bedrock-agent/identity-trace'
import { ProblemError, toProblem, traceIds } from '@entra-bedrock-agent/service-kit'
import { appAttributes, genAi } from '@entra-bedrock-agent/telemetry'
import type { Attributes, Tracer } from '@opentelemetry/api'
import type { AgentIdentity } from '../identity/agent-identity.ts'
import type { VerifiedUserToken } from '../identity/user-token.ts'
import { problem } from '../problems.ts'
import type { TurnMetrics } from '../status/metrics.ts'
import { nowAsText } from '../status/now.ts'
import { EventQueue } from './event-queue.ts'
import { noteSignIn } from './sign-in-step.ts'
import { TraceRecorder } from './trace-recorder.ts'
import type { AnswerMode, Outcome, Turn } from './turn.ts'
import { TurnSpans } from './turn-spans.ts'

/** What a user asked for, after every check of the request. */
export interface TurnRequest {
  readonly requestId: string
  readonly message: string
  readonly history: readonly HistoryEntry[]
  readonly agent: AgentIdentity
  readonly flow: Flow
  /** The user's verified token, where there is one. Only flows on behalf of a user get to see it. */
  readonly signedIn: VerifiedUserToken | undefined
}

export interface TurnOptions {
  readonly timeoutMs: number
  /** Ends the turn: aborted when the client goes away, or with a ProblemError that says why; by the turn itself at its end. */
  readonly controller: AbortController
  readonly observer?: TurnObserver | undefined
  /** Told of errors that are no known failure; the user only learns that something went wrong. */
  readonly onUnexpectedError: (error: unknown) => void
  readonly metrics?: Pick<TurnMetrics, 'stepEnded'> | undefined
  /** Where turns are traced. The turn's id is then the id of the trace that is under way, as a GUID. */
  readonly tracer?: Tracer | undefined
}

/** Sees a turn as its reader does. */
export interface TurnObserver {
  /** When the first event is asked for; then comes `turnEnded`, whatever happens. */
  turnStarted(): void
  eventsTaken(events: readonly TurnEvent[]): void
  turnEnded(): void
}

const agentName = 'entra-bedrock-agent'

/** After an abort, how long the answer may take to fail by itself, so that its steps say what broke off. */
const settleMs = 250

/**
 * Runs one turn and yields its events in order, all that wait at once: `turn` first; `result` or `problem` last, exactly one of
 * them – or neither when the client went away. Ending the iteration early aborts everything below.
 */
export async function* runTurn(
  mode: AnswerMode,
  request: TurnRequest,
  options: TurnOptions,
): AsyncGenerator<readonly TurnEvent[], void, undefined> {
  const { timeoutMs, controller, observer } = options
  const run = new TurnRun(mode, request, options)
  const deadline = setTimeout(() => controller.abort(turnTimeout(timeoutMs)), timeoutMs)
  observer?.turnStarted()
  try {
    void run.answer()
    for (let events = await run.events.take(); events; events = await run.events.take()) {
      observer?.eventsTaken(events)
      yield events
    }
  } finally {
    clearTimeout(deadline)
    // With a reason, since the default one captures a stack, for every turn.
    controller.abort('The turn is over.')
    observer?.turnEnded()
  }
}

/** The moving parts of one turn: what was written, noticed and recorded until now. */
class TurnRun {
  readonly events = new EventQueue()
  readonly #mode: AnswerMode
  readonly #turn: Turn
  readonly #startedMs = performance.now()
  readonly #notices: Problem[] = []
  readonly #options: TurnOptions
  /** As other services write it; the turn's id is the same as a GUID. */
  readonly #traceId: string | undefined
  #spans: TurnSpans | undefined
  #answer = ''
  #firstTokenMs: number | undefined

  constructor(mode: AnswerMode, request: TurnRequest, options: TurnOptions) {
    const { flow, signedIn, ...asked } = request
    const { trace_id: traceId } = traceIds()
    const id = traceId === undefined ? randomUUID() : asGuid(traceId)
    const trace = new TraceRecorder(step => this.events.push({ event: 'step', data: step }), {
      stepStarted: (step, facts) => this.#observe(() => this.#spans?.stepStarted(step, facts)),
      stepEnded: (step, facts, attributes) => {
        this.#observe(() => this.#spans?.stepEnded(step, attributes))
        this.#observe(() => options.metrics?.stepEnded(step, { ...facts.attributes, ...attributes }))
      },
    })
    this.#mode = mode
    this.#options = options
    this.#traceId = traceId
    this.#turn = {
      ...asked,
      id,
      correlationId: id,
      mode: mode.mode,
      flow,
      user: needsUser(flow) ? signedIn : undefined,
      signal: options.controller.signal,
      trace,
      write: text => this.#write(text),
      notice: notice => this.#notice(notice),
    }
    this.events.push({ event: 'turn', data: { ...this.#head(), startedAt: nowAsText() } })
    if (signedIn) noteSignIn(trace, signedIn)
  }

  /** Answers; then the last event, and the queue ends. Never rejects. */
  async answer(): Promise<void> {
    const { signal } = this.#turn
    const { tracer } = this.#options
    const abort = rejectAfterAbort(signal, settleMs)
    this.#observe(() => {
      this.#spans = tracer && new TurnSpans(tracer, `invoke_agent ${agentName}`, this.#describe())
    })
    try {
      const outcome = await Promise.race([this.#mode.answer(this.#turn), abort.promise])
      this.events.push(this.#result(outcome))
      this.#endSpans(undefined, {
        [genAi.inputTokens]: outcome.usage?.inputTokens,
        [genAi.cacheReadInputTokens]: outcome.usage?.cacheReadInputTokens,
        [genAi.cacheWriteInputTokens]: outcome.usage?.cacheWriteInputTokens,
        [genAi.outputTokens]: outcome.usage?.outputTokens,
      })
    } catch (error) {
      this.#fail(error)
    } finally {
      abort.cancel()
      this.events.close()
    }
  }

  #endSpans(failure: Problem | undefined, attributes: Attributes): void {
    this.#observe(() => this.#spans?.turnEnded(failure, attributes))
  }

  /** Spans and metrics only observe: whatever goes wrong with them does not change the turn. */
  #observe<Result>(look: () => Result): Result | undefined {
    try {
      return look()
    } catch (error) {
      this.#options.onUnexpectedError(error)
      return undefined
    }
  }

  #describe(): Attributes {
    const { mode, model } = this.#mode
    const { agent, flow } = this.#turn
    return {
      [genAi.operation]: 'invoke_agent',
      [genAi.agentName]: agentName,
      ...(model === null ? {} : { [genAi.provider]: 'aws.bedrock', [genAi.requestModel]: model }),
      [appAttributes.mode]: mode,
      [appAttributes.flow]: flow,
      [appAttributes.agentClientId]: agent.clientId,
    }
  }

  #fail(error: unknown): void {
    const { signal, trace, requestId } = this.#turn
    const clientIsGone = signal.aborted && !(signal.reason instanceof ProblemError)
    if (clientIsGone) {
      this.#endSpans(undefined, { [appAttributes.aborted]: true })
      return
    }
    const failure = toProblem(signal.aborted ? signal.reason : error)
    if (failure.code === 'INTERNAL_ERROR') this.#options.onUnexpectedError(error)
    const shown = failure.toDocument(requestId)
    trace.failOpenSteps(shown)
    this.#endSpans(shown, {})
    this.events.push({ event: 'problem', data: shown })
  }

  /** What tells of the turn at its start and at its end. */
  #head() {
    const { mode, model } = this.#mode
    const { id, flow } = this.#turn
    const traceId = this.#traceId
    return { turnId: id, ...(traceId === undefined ? {} : { traceId }), mode, flow, model }
  }

  #result({ finishReason, usage, tools }: Outcome): TurnEvent {
    const totalMs = this.#elapsedMs()
    return {
      event: 'result',
      data: {
        ...this.#head(),
        answer: this.#answer,
        finishReason,
        usage,
        timing: { firstTokenMs: this.#firstTokenMs ?? totalMs, totalMs },
        tools: [...tools],
        notices: [...this.#notices],
      },
    }
  }

  #write(text: string): void {
    if (text === '') return
    this.#firstTokenMs ??= this.#elapsedMs()
    this.#answer += text
    this.events.push({ event: 'delta', data: { text } })
  }

  #notice(notice: Problem): void {
    this.#notices.push(notice)
    this.events.push({ event: 'notice', data: notice })
  }

  #elapsedMs(): number {
    return Math.round((performance.now() - this.#startedMs) * 10) / 10
  }
}

function asGuid(traceId: string): string {
  return traceId.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function turnTimeout(timeoutMs: number): ProblemError {
  return problem('TURN_TIMEOUT', `No complete answer came within ${timeoutMs / 1000} seconds.`)
}

/** A promise that rejects some time after the abort: for callees that are slow to notice it. */
function rejectAfterAbort(signal: AbortSignal, graceMs: number) {
  const { promise, reject } = Promise.withResolvers<never>()
  let timer: NodeJS.Timeout | undefined
  const start = () => {
    timer = setTimeout(() => reject(signal.reason), graceMs)
  }
  if (signal.aborted) start()
  else signal.addEventListener('abort', start, { once: true })
  return {
    promise,
    cancel: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', start)
    },
  }
}
