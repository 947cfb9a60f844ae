import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { BedrockAvailability } from './availability.ts'
import { bedrockProblem } from './problems.ts'

const throttled = bedrockProblem('BEDROCK_THROTTLED', 'Bedrock still throttles after several tries.')
const expired = bedrockProblem('BEDROCK_CREDENTIALS_EXPIRED', 'The AWS session has expired.')
const broken = bedrockProblem('BEDROCK_STREAM_BROKEN', 'The stream broke off.')
const invalid = bedrockProblem('BEDROCK_REQUEST_INVALID', 'Bedrock refused the request.')
const tooLong = bedrockProblem('BEDROCK_INPUT_TOO_LONG', 'The conversation is too long.')
const minutes = (count: number) => vi.advanceTimersByTimeAsync(count * 60_000)

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

  it('is unknown until the first probe is answered, then ready', async () => {
    const answered = Promise.withResolvers<void>()
    const availability = start(() => answered.promise)
    expect(availability.health).toEqual({ state: 'unknown' })
    answered.resolve()
    await minutes(0)
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:00:00.000Z' })
  })

  it('is probed ten minutes after the last answer, of a probe or of a turn, until it is stopped', async () => {
    const probe = vi.fn(() => new Promise<void>(answered => void setTimeout(answered, 3_000)))
    const availability = start(probe)
    await minutes(9.9)
    expect(probe).toHaveBeenCalledTimes(1)
    await minutes(1.1)
    availability.succeeded()
    await minutes(9)
    expect(probe).toHaveBeenCalledTimes(2)
    await minutes(30)
    expect(probe).toHaveBeenCalledTimes(5)
    availability.stop()
    await minutes(60)
    expect(probe).toHaveBeenCalledTimes(5)
  })

  it.each([
    ['a probe', (_: BedrockAvailability) => {}],
    ['a turn', (availability: BedrockAvailability) => availability.failed(expired)],
  ])('is probed again a minute after %s failed', async (_what, fail) => {
    const probe = vi.fn().mockRejectedValueOnce(expired).mockResolvedValue(undefined)
    const availability = start(probe)
    await minutes(0)
    fail(availability)
    expect(availability.health).toMatchObject({ state: 'unavailable', problem: expired })
    await minutes(1)
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:01:00.000Z' })
    await minutes(9)
    expect(probe).toHaveBeenCalledTimes(2)
  })

  it('stays ready after a throttled call, which is reported until the next probe', async () => {
    const availability = start(async () => {})
    await minutes(5)
    availability.failed(throttled)
    const ready = { state: 'ready', checkedAt: '2026-11-25T12:00:00.000Z' }
    expect(availability.health).toEqual({ ...ready, problem: throttled })
    await minutes(1)
    expect(availability.health).toEqual({ ...ready, checkedAt: '2026-11-25T12:06:00.000Z' })
  })

  it('is unknown, with the reason, if there were only throttled calls for ten minutes', async () => {
    const probe = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValue(throttled)
    const availability = start(probe)
    await minutes(10)
    expect(availability.health).toMatchObject({ state: 'unknown', problem: throttled })
    availability.failed(expired)
    availability.failed(throttled)
    expect(availability.health).toMatchObject({ state: 'unknown', problem: throttled })
  })

  it('reports an unexpected error of a probe without the error’s text', async () => {
    const availability = start(async () => Promise.reject(new TypeError('Cannot read properties')))
    await minutes(0)
    const document = availability.health.problem?.toDocument('r')
    expect(document).toMatchObject({ code: 'INTERNAL_ERROR', status: 500 })
    expect(JSON.stringify(document)).not.toContain('Cannot read')
  })

  it('shows, if probes are off, what the last turn showed; a failure of a single request shows nothing', () => {
    const availability = start(undefined)
    availability.failed(throttled)
    expect(availability.health).toEqual({ state: 'unknown' })
    availability.failed(expired)
    expect(availability.health).toMatchObject({ state: 'unavailable', problem: expired })
    availability.succeeded()
    for (const problem of [broken, invalid, tooLong]) availability.failed(problem)
    expect(availability.health).toEqual({ state: 'ready', checkedAt: '2026-11-25T12:00:00.000Z' })
  })

  it('is probed again a minute after a probe whose answer broke off', async () => {
    const availability = start(vi.fn().mockRejectedValueOnce(broken).mockResolvedValue(undefined))
    await minutes(0)
    expect(availability.health).toEqual({ state: 'unknown' })
    await minutes(1)
    expect(availability.health).toMatchObject({ state: 'ready' })
  })

  it('is unavailable from the start, and never probed, where the settings cannot work', async () => {
    const probe = vi.fn(async () => {})
    const availability = start(probe, expired)
    await minutes(30)
    expect(availability.health).toEqual({ state: 'unavailable', problem: expired })
    expect(probe).not.toHaveBeenCalled()
  })

  it('is not changed by a probe that was stopped', async () => {
    const availability = start(
      signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(expired))),
    )
    availability.stop()
    await minutes(0)
    expect(availability.health).toEqual({ state: 'unknown' })
  })
})
