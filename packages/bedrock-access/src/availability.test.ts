import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { BedrockAvailability } from './availability.ts'
import { bedrockProblem } from './problems.ts'

const throttled = bedrockProblem('BEDROCK_THROTTLED', 'Bedrock still throttles after several tries.')
const expired = bedrockProblem('BEDROCK_CREDENTIALS_EXPIRED', 'The AWS session has expired.')
const minutesInMs = (count: number) => count * 60_000

type Options = ConstructorParameters<typeof BedrockAvailability>[0]

/** Bedrock's availability, probed until the test ends. */
function start(probe: Options['probe'], known?: Options['known']): BedrockAvailability {
  const availability = new BedrockAvailability({ probe, known })
  availability.start()
  onTestFinished(() => availability.stop())
  return availability
}

describe('the health of Bedrock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-11-25T12:00:00Z') }))
  afterEach(() => void vi.useRealTimers())

  it('is unknown before the first probe or call', () => {
    expect(new BedrockAvailability({ probe: undefined, known: undefined }).health).toEqual({
      state: 'unknown',
    })
  })

  it('becomes ready when a probe is answered, not when the probe starts', async () => {
    const answered = Promise.withResolvers<void>()
    const availability = start(() => answered.promise)
    expect(availability.health.state).toBe('unknown')
    answered.resolve()
    await vi.advanceTimersByTimeAsync(0)
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:00:00.000Z' })
  })

  it('is probed every ten minutes, or later if a turn has meanwhile shown that Bedrock works', async () => {
    const probe = vi.fn(async () => {})
    const availability = start(probe)
    await vi.advanceTimersByTimeAsync(minutesInMs(9))
    expect(probe).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(minutesInMs(2))
    expect(probe).toHaveBeenCalledTimes(2)
    availability.succeeded()
    await vi.advanceTimersByTimeAsync(minutesInMs(9))
    expect(probe).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(minutesInMs(10))
    expect(probe).toHaveBeenCalledTimes(3)
    availability.stop()
    await vi.advanceTimersByTimeAsync(minutesInMs(60))
    expect(probe).toHaveBeenCalledTimes(3)
  })

  it('is probed every ten minutes, even if answers take a while', async () => {
    const probe = vi.fn(() => new Promise<void>(answered => void setTimeout(answered, 3_000)))
    start(probe)
    await vi.advanceTimersByTimeAsync(minutesInMs(9.9))
    expect(probe).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(minutesInMs(0.1))
    expect(probe).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(minutesInMs(30))
    expect(probe).toHaveBeenCalledTimes(5)
  })

  it.each([
    ['a probe', (_: BedrockAvailability) => {}],
    ['a turn', (availability: BedrockAvailability) => availability.failed(expired)],
  ])('is probed again a minute after %s failed', async (_what, fail) => {
    const probe = vi.fn().mockRejectedValueOnce(expired).mockResolvedValue(undefined)
    const availability = start(probe)
    await vi.advanceTimersByTimeAsync(0)
    fail(availability)
    expect(availability.health).toMatchObject({ state: 'unavailable', problem: expired })
    await vi.advanceTimersByTimeAsync(minutesInMs(1))
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:01:00.000Z' })
    await vi.advanceTimersByTimeAsync(minutesInMs(9))
    expect(probe).toHaveBeenCalledTimes(2)
  })

  it('stays ready after a throttled call, which is reported until the next probe', async () => {
    const probe = vi.fn(async () => {})
    const availability = start(probe)
    await vi.advanceTimersByTimeAsync(minutesInMs(5))
    availability.failed(throttled)
    expect(availability.health).toEqual({
      state: 'ready',
      checkedAt: '2026-11-25T12:00:00.000Z',
      problem: throttled,
    })
    await vi.advanceTimersByTimeAsync(minutesInMs(1))
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:06:00.000Z' })
  })

  it('is unknown, with the reason, if there were only throttled calls for ten minutes', async () => {
    const probe = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValue(throttled)
    const availability = start(probe)
    await vi.advanceTimersByTimeAsync(minutesInMs(10))
    expect(availability.health).toMatchObject({ state: 'unknown', problem: throttled })
    availability.failed(expired)
    availability.failed(throttled)
    expect(availability.health).toMatchObject({ state: 'unknown', problem: throttled })
  })

  it('is not changed by a throttled call if probes are off, since nothing would show that throttling has ended', () => {
    const availability = start(undefined)
    availability.failed(throttled)
    expect(availability.health).toEqual({ state: 'unknown' })
  })

  it('reports an unexpected error of a probe without the error’s text', async () => {
    const availability = start(async () => {
      throw new TypeError('Cannot read properties of undefined')
    })
    await vi.advanceTimersByTimeAsync(0)
    expect(availability.health.problem?.toDocument('r')).toMatchObject({
      code: 'INTERNAL_ERROR',
      status: 500,
    })
    expect(JSON.stringify(availability.health.problem?.toDocument('r'))).not.toContain('Cannot read')
  })

  it('stays unknown until a turn has called Bedrock, if probes are off', () => {
    const availability = start(undefined)
    expect(availability.health.state).toBe('unknown')
    availability.failed(expired)
    expect(availability.health).toMatchObject({ state: 'unavailable', problem: expired })
    availability.succeeded()
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:00:00.000Z' })
  })

  it('is not changed by an answer that broke off', () => {
    const availability = start(undefined)
    availability.succeeded()
    availability.failed(bedrockProblem('BEDROCK_STREAM_BROKEN', 'The stream broke off.'))
    expect(availability.health.state).toBe('ready')
  })

  it('is probed again a minute after a probe whose answer broke off', async () => {
    const broken = bedrockProblem('BEDROCK_STREAM_BROKEN', 'The stream broke off.')
    const probe = vi.fn().mockRejectedValueOnce(broken).mockResolvedValue(undefined)
    const availability = start(probe)
    await vi.advanceTimersByTimeAsync(0)
    expect(availability.health).toEqual({ state: 'unknown' })
    await vi.advanceTimersByTimeAsync(minutesInMs(1))
    expect(availability.health).toMatchObject({ state: 'ready' })
  })

  it('is unavailable from the start, and never probed, where the settings cannot work', async () => {
    const probe = vi.fn(async () => {})
    const known = bedrockProblem('BEDROCK_MODEL_RETIRED', 'This model was retired.')
    const availability = start(probe, known)
    await vi.advanceTimersByTimeAsync(minutesInMs(30))
    expect(availability.health).toMatchObject({ state: 'unavailable', problem: known })
    expect(probe).not.toHaveBeenCalled()
  })

  it('is not changed by a probe that was stopped', async () => {
    const availability = start(
      signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(expired))),
    )
    availability.stop()
    await vi.advanceTimersByTimeAsync(0)
    expect(availability.health.state).toBe('unknown')
  })
})
