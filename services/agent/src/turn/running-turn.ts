import { randomUUID } from 'node:crypto'
import { type PauseForUser, type WaitingTurn, withUnknownOutcome } from '@entra-agents/approval'
import type { VerifiedUserToken } from '@entra-agents/identity'
import { noteSignIn, roundMs, type StepObserver, TraceRecorder } from '@entra-agents/identity/core'
import { isProblem, nowAsText, type ProblemError, toProblem, traceIds } from '@entra-agents/service-kit'
import { appAttributes, genAi } from '@entra-agents/telemetry'
import { needsUser, type Problem, type TurnEvent } from '@entra-agents/trace'
import type { Attributes, Tracer } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import type { TurnMetrics } from '../status/metrics.ts'
import { EventQueue } from './event-queue.ts'
import type { AnswerMode, Turn, TurnOutcome } from './turn.ts'
import { TurnSpans } from './turn-spans.ts'

/** What a user asked for, after every check of the request. */
export interface TurnRequest
  extends Pick<
    Turn,
    'requestId' | 'message' | 'history' | 'agent' | 'flow' | 'resumed' | 'pausesForConsent'
  > {
  /** The user's verified token, where there is one. Only turns of flows on behalf of a user get it. */
  readonly signedIn: VerifiedUserToken | undefined
  /** Whether the steps of the trace are among the events. */
  readonly showsTrace: boolean
  /** Aborted when the client goes away. */
  readonly connection: AbortController
  /** The request's log. Unexpected errors go there; the user only learns that something went wrong. */
  readonly log: FastifyBaseLogger
}

/** What observes turns, and what seals a turn that waits. */
export interface TurnObservers {
  readonly approvals: { pause(turn: Turn, waiting: WaitingTurn): Promise<PauseForUser> }
  readonly metrics: TurnMetrics
  /** Set if turns are traced. The id of a new turn is then the id of the current trace, in the form of a GUID. */
  readonly tracer?: Tracer | undefined
}

/** An agent without a title is the deployment's only agent, and is known by the product's name. */
const spanName = ({ name, title }: Turn['agent']) => (title === undefined ? 'entra-bedrock-agent' : name)

/** How long the answer may take to fail by itself after an abort, so that its steps show what was interrupted. */
const settleAfterAbortMs = 250

/** One turn: what was asked, and what was written, noticed and recorded until now. */
export class RunningTurn {
  /** The turn as its mode sees it. */
  readonly turn: Turn
  readonly #mode: AnswerMode
  readonly #connection: AbortController
  readonly #log: FastifyBaseLogger
  readonly #observers: TurnObservers
  readonly #events = new EventQueue()
  readonly #startedMs = performance.now()
  readonly #notices: Problem[] = []
  /** The id of the trace as other services write it; the id of a new turn is the same in the form of a GUID. */
  readonly #traceId = traceIds().trace_id
  #spans: TurnSpans | undefined
  #answer = ''
  #firstTokenMs: number | undefined

  constructor(mode: AnswerMode, request: TurnRequest, observers: TurnObservers) {
    const { signedIn, showsTrace, connection, log, ...asked } = request
    this.#mode = mode
    this.#connection = connection
    this.#log = log
    this.#observers = observers
    const newId = () => this.#traceId?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') ?? randomUUID()
    const id = asked.resumed?.continuation.turnId ?? newId()
    const trace = new TraceRecorder(step => {
      if (showsTrace) this.#events.push({ event: 'step', data: step })
    }, this.#stepObserver())
    this.turn = {
      ...asked,
      id,
      correlationId: id,
      mode: mode.mode,
      user: needsUser(asked.flow) ? signedIn : undefined,
      signal: connection.signal,
      trace,
      write: text => this.#write(text),
      notice: problem => this.#notice(problem),
    }
    this.#events.push({ event: 'turn', data: { ...this.#head(), startedAt: nowAsText() } })
    if (signedIn) noteSignIn(trace, signedIn)
  }

  get model(): string | null {
    return this.#mode.model
  }

  /** When the first text was written, in milliseconds from the turn's start. */
  get firstTokenMs(): number | undefined {
    return this.#firstTokenMs
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs
  }

  #write(text: string): void {
    if (text === '') return
    this.#firstTokenMs ??= this.elapsedMs
    this.#answer += text
    this.#events.push({ event: 'delta', data: { text } })
  }

  #notice(problem: ProblemError): void {
    const notice = problem.toDocument(this.turn.requestId)
    if (this.#notices.some(({ code, detail }) => code === notice.code && detail === notice.detail)) return
    this.#notices.push(notice)
    this.#events.push({ event: 'notice', data: notice })
  }

  /** All events that were not taken so far, as soon as there are any; `undefined` after the last event. */
  nextEvents(): Promise<readonly TurnEvent[] | undefined> {
    return this.#events.take()
  }

  /** Ends the turn, with a ProblemError where the user is to learn why. */
  abort(reason: unknown): void {
    this.#connection.abort(reason)
  }

  /** Answers, then sends the last event. Never rejects. */
  async answer(): Promise<void> {
    const { tracer } = this.#observers
    const abort = rejectAfterAbort(this.turn.signal, settleAfterAbortMs)
    this.#observe(() => {
      this.#spans =
        tracer && new TurnSpans(tracer, `invoke_agent ${spanName(this.turn.agent)}`, this.#describe())
    })
    try {
      const outcome = await Promise.race([this.#mode.answer(this.turn), abort.promise])
      this.#events.push(await this.#end(outcome))
      this.#endSpans(undefined, {
        [genAi.inputTokens]: outcome.usage?.inputTokens,
        [genAi.cacheReadInputTokens]: outcome.usage?.cacheReadInputTokens,
        [genAi.cacheWriteInputTokens]: outcome.usage?.cacheWriteInputTokens,
        [genAi.outputTokens]: outcome.usage?.outputTokens,
      })
    } catch (error) {
      this.turn.resumed?.release()
      this.#fail(error)
    } finally {
      abort.cancel()
      this.#events.close()
    }
  }

  #stepObserver(): StepObserver {
    const { metrics } = this.#observers
    return {
      stepStarted: (step, facts) => this.#observe(() => this.#spans?.stepStarted(step, facts)),
      stepEnded: (step, facts, attributes) => {
        this.#observe(() => this.#spans?.stepEnded(step, attributes))
        const { agent, flow } = this.turn
        this.#observe(() =>
          metrics.stepEnded({ agent: agent.name, flow }, step, { ...facts.attributes, ...attributes }),
        )
      },
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
      this.#reportUnexpected(error)
      return undefined
    }
  }

  #reportUnexpected(err: unknown): void {
    this.#log.error({ err }, 'A turn met an unexpected error.')
  }

  #describe(): Attributes {
    const { model } = this
    const { mode, flow, agent } = this.turn
    return {
      [genAi.operation]: 'invoke_agent',
      [genAi.agentName]: spanName(agent),
      [genAi.agentId]: agent.clientId,
      ...(model === null ? {} : { [genAi.provider]: 'aws.bedrock', [genAi.requestModel]: model }),
      [appAttributes.mode]: mode,
      [appAttributes.flow]: flow,
      [appAttributes.agentClientId]: agent.clientId,
    }
  }

  #fail(error: unknown): void {
    const { signal, trace, requestId, resumed } = this.turn
    const clientIsGone = signal.aborted && !isProblem(signal.reason)
    if (clientIsGone) {
      this.#endSpans(undefined, { [appAttributes.aborted]: true })
      return
    }
    const wasSent = resumed?.approvedCalls.some(({ mayHaveRun }) => mayHaveRun)
    const aborted = signal.aborted && toProblem(signal.reason)
    const failure = aborted ? (wasSent ? withUnknownOutcome(aborted) : aborted) : toProblem(error)
    if (failure.code === 'INTERNAL_ERROR') this.#reportUnexpected(error)
    const shown = failure.toDocument(requestId)
    trace.failOpenSteps(shown)
    this.#endSpans(shown, {})
    this.#events.push({ event: 'problem', data: shown })
  }

  /** The members that the first and the last event have in common. */
  #head() {
    const { id, agent, mode, flow } = this.turn
    const traced = this.#traceId === undefined ? {} : { traceId: this.#traceId }
    return { turnId: id, ...traced, agent: agent.name, mode, flow, model: this.model }
  }

  async #end(outcome: TurnOutcome): Promise<TurnEvent> {
    const { usage, tools } = outcome
    const totalMs = roundMs(this.elapsedMs)
    const firstTokenMs = this.#firstTokenMs === undefined ? totalMs : roundMs(this.#firstTokenMs)
    const data = {
      ...this.#head(),
      answer: this.#answer,
      usage,
      timing: { firstTokenMs, totalMs },
      tools: [...tools],
      notices: [...this.#notices],
    }
    if ('finishReason' in outcome)
      return { event: 'result', data: { ...data, finishReason: outcome.finishReason } }
    return {
      event: 'pause',
      data: { ...data, ...(await this.#observers.approvals.pause(this.turn, outcome)) },
    }
  }
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
