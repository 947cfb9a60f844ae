import { identityProblem, type VerifiedUserToken } from '@entra-agents/identity/core'
import { agent } from '@entra-agents/identity/testing/fixtures'
import type { TurnEvent } from '@entra-agents/trace'
import { type Span, trace } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { problem } from '../problems.ts'
import { TurnMetrics } from '../status/metrics.ts'
import type { TurnRequest } from './running-turn.ts'
import type { AnswerMode, Turn, TurnOutcome } from './turn.ts'
import { Turns, type TurnsOptions } from './turns.ts'

type Answer = AnswerMode['answer']

const doneOutcome: TurnOutcome = { finishReason: 'stop', usage: null, tools: [] }
const usage = { inputTokens: 9, outputTokens: 2, cacheReadInputTokens: 3, cacheWriteInputTokens: 4 }
const stepStart = { kind: 'tool', from: 'agent', to: 'agent', title: 'A step' } as const
const user: VerifiedUserToken = {
  raw: 'raw-token',
  objectId: 'ada',
  fingerprint: '0123456789ab',
  header: { alg: 'RS256' },
  claims: { oid: 'ada' },
  checks: [{ name: 'signature', ok: true }],
}
const logError = vi.fn()
const log = { info: () => undefined, warn: () => undefined, error: logError } as unknown as FastifyBaseLogger
beforeEach(() => void logError.mockReset())

/** A question in the autonomous flow, without a signed-in user, with its trace shown. */
const turnRequest = (): TurnRequest => ({
  requestId: 'request-1',
  message: 'Where is order 7?',
  history: [],
  agent,
  flow: 'autonomous',
  signedIn: undefined,
  resumed: undefined,
  pausesForConsent: false,
  showsTrace: true,
  connection: new AbortController(),
  log,
})

const fail = async () => {
  throw identityProblem('API_UNAVAILABLE', 'No order.')
}

/** An answer that ends only when it is aborted, as a call with a signal does. */
function untilAborted({ signal }: Turn): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** Turns that run one at a time. */
function turnsWith(answer: Answer, options: Partial<TurnsOptions> = {}): Turns {
  const direct = { mode: 'direct', model: null, answer } as const
  return new Turns({
    modes: { direct, bedrock: direct },
    turnTimeoutMs: 60_000,
    concurrentTurns: 1,
    metrics: new TurnMetrics(),
    approvals: { pause: () => Promise.reject(new Error('No turn waits here.')) },
    ...options,
  })
}

/** The events of a turn whose mode acts like this, and then answers. */
async function eventsOf(
  act: (turn: Turn) => unknown,
  asked: Partial<TurnRequest> = {},
  options: Partial<TurnsOptions> = {},
): Promise<TurnEvent[]> {
  const turns = turnsWith(async turn => ({ ...doneOutcome, ...((await act(turn)) as object) }), options)
  const collected: TurnEvent[] = []
  for await (const events of turns.start('direct', { ...turnRequest(), ...asked })) collected.push(...events)
  return collected
}

const namesOf = (events: readonly TurnEvent[]) => events.map(({ event }) => event).join(' ')

describe('The events of a turn', () => {
  it('come in the order in which they happened, with the turn first and the result last', async () => {
    const events = await eventsOf(async turn => {
      const step = turn.trace.start(stepStart)
      turn.write('Hello ')
      await Promise.resolve()
      step.ok()
      turn.notice(problem('TOOL_NOT_CALLED', 'No tool.'))
      turn.write('world')
      return { finishReason: 'length', usage }
    })
    expect(namesOf(events)).toBe('turn step delta step notice delta result')
    expect(events.at(-1)?.data).toMatchObject({
      answer: 'Hello world',
      finishReason: 'length',
      usage,
      notices: [{ code: 'TOOL_NOT_CALLED' }],
      turnId: (events[0] as Extract<TurnEvent, { event: 'turn' }>).data.turnId,
    })
  })

  it('end with the problem when the answer fails; a step that still runs fails with the same problem', async () => {
    const events = await eventsOf(turn => {
      turn.trace.start(stepStart)
      return fail()
    })
    expect(namesOf(events)).toBe('turn step step problem')
    expect(events.at(-2)?.data).toMatchObject({ status: 'failed', problem: { code: 'API_UNAVAILABLE' } })
    expect(events.at(-1)?.data).toMatchObject({ code: 'API_UNAVAILABLE', requestId: 'request-1' })
  })

  it.each([new TypeError('secret detail'), undefined, null, 'secret detail'])(
    'report an unexpected error without its text, which only the log has: %s',
    async err => {
      const events = await eventsOf(() => Promise.reject(err))
      expect(JSON.stringify(events)).not.toContain('secret detail')
      expect(events.at(-1)).toMatchObject({ event: 'problem', data: { code: 'INTERNAL_ERROR' } })
      expect(logError).toHaveBeenCalledExactlyOnceWith({ err }, 'A turn met an unexpected error.')
    },
  )

  it('of text are joined while they wait for a slow reader, so that memory stays bounded', async () => {
    const events = await eventsOf(turn => {
      for (let word = 0; word < 10_000; word += 1) turn.write('word ')
    })
    expect(namesOf(events)).toBe('turn delta result')
  })

  it('include nothing that a mode writes after the turn’s end', async () => {
    let late: Turn | undefined
    const events = await eventsOf(turn => {
      late = turn
    })
    late?.write('too late')
    late?.trace.start(stepStart)
    expect(namesOf(events)).toBe('turn result')
  })

  it('contain no steps if the reader may not see the trace', async () => {
    const events = await eventsOf(turn => turn.trace.start(stepStart).ok(), { showsTrace: false })
    expect(namesOf(events)).toBe('turn result')
  })

  it('give the time of the first text', async () => {
    const events = await eventsOf(turn => turn.write('x'))
    const { timing } = (events.at(-1) as Extract<TurnEvent, { event: 'result' }>).data
    expect(timing.firstTokenMs).toBeGreaterThanOrEqual(0)
    expect(timing.totalMs).toBeGreaterThanOrEqual(timing.firstTokenMs)
  })
})

describe('A broken tracer', () => {
  const broken = (): never => {
    throw new Error('Broken tracer.')
  }
  function brokenSpan(): Span {
    const span = trace.wrapSpanContext({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 })
    vi.spyOn(span, 'setAttributes').mockImplementation(broken)
    return span
  }

  it.each([
    ['cannot start a span', broken],
    ['cannot set a span’s attributes', brokenSpan],
  ])('that %s does not change how a turn ends', async (_fault, startSpan) => {
    const tracer = trace.getTracer('test')
    vi.spyOn(tracer, 'startSpan').mockImplementation(startSpan)
    const ends: readonly (readonly [Answer | (() => undefined), string])[] = [
      [() => undefined, 'turn step step result'],
      [fail, 'turn step step problem'],
      [untilAborted, 'turn step step'],
    ]
    for (const [answer, names] of ends) {
      logError.mockReset()
      const connection = new AbortController()
      const act = (turn: Turn) => {
        turn.trace.start(stepStart).ok()
        if (answer === untilAborted) setImmediate(() => connection.abort('The connection is closed.'))
        return answer(turn)
      }
      expect(namesOf(await eventsOf(act, { connection }, { tracer }))).toBe(names)
      expect(logError).toHaveBeenCalledWith({ err: new Error('Broken tracer.') }, expect.anything())
    }
  })
})

it.each([
  ['is available in the on-behalf-of flow', 'obo', user],
  ['is not available in the autonomous flow, even if the user has signed in', 'autonomous', undefined],
] as const)('The user’s token %s, and no event contains it', async (_where, flow, expected) => {
  let seen: Turn | undefined
  const events = await eventsOf(
    turn => {
      seen = turn
    },
    { flow, signedIn: user },
  )
  expect(seen?.user).toBe(expected)
  expect(JSON.stringify(seen).includes(user.raw)).toBe(flow === 'obo')
  expect(events[1]).toMatchObject({
    event: 'step',
    data: { kind: 'sign-in', token: { role: 'Tc', fingerprint: user.fingerprint, observed: true } },
  })
  expect(JSON.stringify(events)).not.toContain(user.raw)
})

describe('The end of a turn', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })

  it.each([
    ['TURN_TIMEOUT if the deadline passes', untilAborted, 5_000],
    ['TURN_TIMEOUT even if the mode ignores the abort signal', () => new Promise(() => {}), 5_250],
  ])('is the problem %s', async (_when, answer, afterMs) => {
    const events = eventsOf(answer, {}, { turnTimeoutMs: 5_000 })
    await vi.advanceTimersByTimeAsync(afterMs)
    const data = { code: 'TURN_TIMEOUT', status: 504 }
    expect((await events).at(-1)).toMatchObject({ event: 'problem', data })
  })

  it('is the problem with which the turn was aborted', async () => {
    const connection = new AbortController()
    const events = eventsOf(untilAborted, { connection })
    await vi.advanceTimersByTimeAsync(1)
    connection.abort(problem('AGENT_STOPPING', 'Stopping.'))
    expect((await events).at(-1)).toMatchObject({ event: 'problem', data: { code: 'AGENT_STOPPING' } })
  })

  it('comes at once when the reader stops reading, and the turn’s signal is aborted', async () => {
    let signal: AbortSignal | undefined
    const turns = turnsWith(turn => {
      signal = turn.signal
      turn.write('Hello')
      return untilAborted(turn)
    })
    for await (const events of turns.start('direct', turnRequest()))
      if (events.some(({ event }) => event === 'delta')) break
    expect(signal?.aborted).toBe(true)
    await vi.advanceTimersByTimeAsync(0)
  })

  it('leaves no timer behind after an answer', async () => {
    expect(namesOf(await eventsOf(() => undefined))).toBe('turn result')
  })
})

describe('A turn is under way', () => {
  /** Turns that answer like this, each as an iterator of its events. */
  function turnStarter(answer: Answer) {
    const metrics = new TurnMetrics()
    const turns = turnsWith(answer, { metrics })
    return {
      start: () => turns.start('direct', turnRequest())[Symbol.asyncIterator](),
      metrics: () => metrics.registry.metrics(),
    }
  }

  it('from the first read of its events until it ends or fails', async () => {
    const { start, metrics } = turnStarter(fail)
    const readAll = async (events: AsyncIterator<unknown>) => {
      while (!(await events.next()).done);
    }
    start()
    const running = start()
    await running.next()
    expect(() => start()).toThrow('1 turns are under way.')
    await readAll(running)
    await readAll(start())
    expect(await metrics()).toMatch(/^agent_turns_in_flight 0$/m)
  })

  it('no longer when its reader stops reading', async () => {
    const { start, metrics } = turnStarter(() => new Promise(() => {}))
    const abandoned = start()
    await abandoned.next()
    await abandoned.return?.()
    await start().next()
    expect(await metrics()).toMatch(/^agent_turns_in_flight 1$/m)
  })
})
