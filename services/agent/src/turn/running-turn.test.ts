import { identityProblem, type VerifiedUserToken } from '@entra-agents/identity'
import type { TurnEvent } from '@entra-agents/trace'
import { type Span, type Tracer, trace } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { problem } from '../problems.ts'
import { TurnMetrics } from '../status/metrics.ts'
import type { TurnRequest } from './running-turn.ts'
import { noApprovals, turnRequest } from './testing/turn-request.ts'
import type { AnswerMode, Turn, TurnOutcome } from './turn.ts'
import { Turns, type TurnsOptions } from './turns.ts'

const doneOutcome: TurnOutcome = { finishReason: 'stop', usage: null, tools: [] }
const stepStart = { kind: 'tool', from: 'agent', to: 'agent', title: 'A step' } as const
const user: VerifiedUserToken = {
  raw: 'raw-token',
  objectId: 'ada',
  fingerprint: '0123456789ab',
  header: { alg: 'RS256' },
  claims: { oid: 'ada' },
  checks: [{ name: 'signature', ok: true }],
}

/** A log that fails the test when an unexpected error is written to it. */
function logTo(error: (line: { err: unknown }) => void = ({ err }) => Promise.reject(err)) {
  return { info: () => undefined, warn: () => undefined, error } as unknown as FastifyBaseLogger
}

function runTurn(
  answer: AnswerMode['answer'],
  asked: Partial<TurnRequest> = {},
  options: Partial<TurnsOptions> = {},
): AsyncIterable<readonly TurnEvent[]> {
  const direct = { mode: 'direct', model: null, answer } as const
  const turns = new Turns({
    modes: { direct, bedrock: direct },
    turnTimeoutMs: 60_000,
    concurrentTurns: 1,
    metrics: new TurnMetrics(),
    approvals: noApprovals,
    ...options,
  })
  return turns.start('direct', { ...turnRequest(logTo()), ...asked })
}

async function collect(turn: AsyncIterable<readonly TurnEvent[]>): Promise<TurnEvent[]> {
  const collected: TurnEvent[] = []
  for await (const events of turn) collected.push(...events)
  return collected
}

/** What the first event of a kind carried. */
function dataOf<Name extends TurnEvent['event']>(events: readonly TurnEvent[], name: Name) {
  type WantedEvent = Extract<TurnEvent, { event: Name }>
  return events.find((event): event is WantedEvent => event.event === name)?.data as
    | WantedEvent['data']
    | undefined
}

/** An answer that ends only when it is aborted, as a call with a signal does. */
function untilAborted({ signal }: Turn): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

const usage = { inputTokens: 9, outputTokens: 2, cacheReadInputTokens: 3, cacheWriteInputTokens: 4 }

describe('The events of a turn', () => {
  it('come in the order in which they happened, with the turn first and the result last', async () => {
    const events = await collect(
      runTurn(async turn => {
        const step = turn.trace.start(stepStart)
        turn.write('Hello ')
        await Promise.resolve()
        step.ok()
        turn.notice(problem('TOOL_NOT_CALLED', 'No tool.'))
        turn.write('world')
        return { ...doneOutcome, finishReason: 'length', usage }
      }),
    )
    expect(events.map(({ event }) => event)).toEqual([
      'turn',
      'step',
      'delta',
      'step',
      'notice',
      'delta',
      'result',
    ])
    expect(dataOf(events, 'result')).toMatchObject({
      answer: 'Hello world',
      finishReason: 'length',
      usage,
      notices: [{ code: 'TOOL_NOT_CALLED' }],
      turnId: dataOf(events, 'turn')?.turnId,
    })
  })

  it('end with the problem when the answer fails; a step that still runs fails with the same problem', async () => {
    const events = await collect(
      runTurn(async turn => {
        turn.trace.start(stepStart)
        throw identityProblem('API_UNAVAILABLE', 'No order.')
      }),
    )
    expect(events.map(({ event }) => event)).toEqual(['turn', 'step', 'step', 'problem'])
    expect(events.at(-2)?.data).toMatchObject({ status: 'failed', problem: { code: 'API_UNAVAILABLE' } })
    expect(events.at(-1)?.data).toMatchObject({ code: 'API_UNAVAILABLE', requestId: 'request-1' })
  })

  it('report an unexpected error without its text, which only the log has', async () => {
    const logged = vi.fn()
    const err = new TypeError('secret detail')
    const events = await collect(runTurn(() => Promise.reject(err), { log: logTo(logged) }))
    expect(JSON.stringify(events)).not.toContain('secret detail')
    expect(events.at(-1)?.data).toMatchObject({ code: 'INTERNAL_ERROR' })
    expect(logged).toHaveBeenCalledExactlyOnceWith({ err }, 'A turn met an unexpected error.')
  })

  it('of text are joined while they wait for a slow reader, so that memory stays bounded', async () => {
    const events = runTurn(async turn => {
      for (let word = 0; word < 10_000; word += 1) turn.write('word ')
      return doneOutcome
    })
    const names = (await collect(events)).map(({ event }) => event)
    expect(names).toEqual(['turn', 'delta', 'result'])
  })

  it('include nothing that a mode writes after the turn’s end', async () => {
    let late: Turn | undefined
    const events = await collect(
      runTurn(async turn => {
        late = turn
        return doneOutcome
      }),
    )
    late?.write('too late')
    late?.trace.start(stepStart)
    expect(events.map(({ event }) => event)).toEqual(['turn', 'result'])
  })

  it('contain no steps if the reader may not see the trace', async () => {
    const events = await collect(
      runTurn(
        async turn => {
          turn.trace.start(stepStart).ok()
          return doneOutcome
        },
        { showsTrace: false },
      ),
    )
    expect(events.map(({ event }) => event)).toEqual(['turn', 'result'])
  })

  it('give the time of the first text', async () => {
    const events = await collect(
      runTurn(async turn => {
        turn.write('x')
        return doneOutcome
      }),
    )
    const { firstTokenMs = -1, totalMs = -1 } = dataOf(events, 'result')?.timing ?? {}
    expect(firstTokenMs).toBeGreaterThanOrEqual(0)
    expect(totalMs).toBeGreaterThanOrEqual(firstTokenMs)
  })
})

describe('A broken tracer', () => {
  const broken = (): never => {
    throw new Error('Broken tracer.')
  }
  function tracerOf(startSpan: () => Span): Tracer {
    const tracer = trace.getTracer('test')
    vi.spyOn(tracer, 'startSpan').mockImplementation(startSpan)
    return tracer
  }
  function brokenSpan(): Span {
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
    vi.spyOn(span, 'setAttributes').mockImplementation(broken)
    return span
  }
  const answers: readonly [string, AnswerMode['answer'], string][] = [
    ['an answer', async () => doneOutcome, 'result'],
    ['a failure', () => Promise.reject(identityProblem('API_UNAVAILABLE', 'No order.')), 'problem'],
  ]

  it.each(
    answers.flatMap(([what, answer, last]) => [
      [what, 'cannot start a span', broken, answer, last] as const,
      [what, 'cannot set a span’s attributes', brokenSpan, answer, last] as const,
    ]),
  )('does not change how a turn with %s ends (tracer %s)', async (_what, _fault, startSpan, answer, last) => {
    const tracer = tracerOf(startSpan)
    const logged = vi.fn()
    const withStep: AnswerMode['answer'] = turn => {
      turn.trace.start(stepStart).ok()
      return answer(turn)
    }
    const events = await collect(runTurn(withStep, { log: logTo(logged) }, { tracer }))
    expect(events.map(({ event }) => event)).toEqual(['turn', 'step', 'step', last])
    expect(logged).toHaveBeenCalledWith({ err: new Error('Broken tracer.') }, expect.anything())
  })

  it('does not change the end of a turn whose client is gone', async () => {
    const logged = vi.fn()
    const tracer = tracerOf(brokenSpan)
    const connection = new AbortController()
    const events = collect(runTurn(untilAborted, { connection, log: logTo(logged) }, { tracer }))
    await Promise.resolve()
    connection.abort('The connection is closed.')
    expect((await events).map(({ event }) => event)).toEqual(['turn'])
    expect(logged).toHaveBeenCalledWith({ err: new Error('Broken tracer.') }, expect.anything())
  })
})

describe('The user’s token', () => {
  it('is available in the on-behalf-of flow, and no event contains the token', async () => {
    let seen: Turn['user']
    const events = await collect(
      runTurn(
        async turn => {
          seen = turn.user
          return doneOutcome
        },
        { flow: 'obo', signedIn: user },
      ),
    )
    expect(seen).toBe(user)
    expect(events[1]).toMatchObject({
      event: 'step',
      data: { kind: 'sign-in', token: { role: 'Tc', fingerprint: user.fingerprint, observed: true } },
    })
    expect(JSON.stringify(events)).not.toContain(user.raw)
  })

  it('is not available in the autonomous flow, even if the user has signed in', async () => {
    let seen: Turn | undefined
    await collect(
      runTurn(
        async turn => {
          seen = turn
          return doneOutcome
        },
        { signedIn: user },
      ),
    )
    expect(seen?.user).toBeUndefined()
    expect(JSON.stringify(seen)).not.toContain(user.raw)
  })
})

describe('The end of a turn', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is the problem TURN_TIMEOUT if the deadline passes', async () => {
    const events = collect(runTurn(untilAborted, {}, { turnTimeoutMs: 5_000 }))
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await events).at(-1)).toMatchObject({
      event: 'problem',
      data: { code: 'TURN_TIMEOUT', status: 504 },
    })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes even if the mode ignores the abort signal', async () => {
    const events = collect(runTurn(() => new Promise(() => {}), {}, { turnTimeoutMs: 5_000 }))
    await vi.advanceTimersByTimeAsync(5_250)
    expect((await events).at(-1)).toMatchObject({ event: 'problem', data: { code: 'TURN_TIMEOUT' } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is the problem with which the turn was aborted', async () => {
    const connection = new AbortController()
    const events = collect(runTurn(untilAborted, { connection }))
    await vi.advanceTimersByTimeAsync(1)
    connection.abort(problem('AGENT_STOPPING', 'Stopping.'))
    expect((await events).at(-1)).toMatchObject({ event: 'problem', data: { code: 'AGENT_STOPPING' } })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('comes at once when the reader stops reading, and the turn’s signal is aborted', async () => {
    let signal: AbortSignal | undefined
    const turn = runTurn(turn => {
      signal = turn.signal
      turn.write('Hello')
      return untilAborted(turn)
    })
    for await (const events of turn) if (events.some(({ event }) => event === 'delta')) break
    expect(signal?.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(0)
    expect(vi.getTimerCount()).toBe(0)
  })

  it.each([undefined, null, 'no error'])('is INTERNAL_ERROR if the mode rejects with %s', async reason => {
    const logged = vi.fn()
    const events = await collect(runTurn(() => Promise.reject(reason), { log: logTo(logged) }))
    expect(events.at(-1)).toMatchObject({ event: 'problem', data: { code: 'INTERNAL_ERROR' } })
    expect(logged).toHaveBeenCalledWith({ err: reason }, expect.anything())
  })

  it('leaves no timer behind after an answer', async () => {
    await collect(runTurn(async () => doneOutcome))
    expect(vi.getTimerCount()).toBe(0)
  })
})
