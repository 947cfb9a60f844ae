import { describe, expect, it } from 'vitest'
import { makeReport, type Run } from './report.ts'
import { type Episode, findUnexplained, type Turn } from './turn.ts'

const minuteMs = 60_000
const faultName = 'Bedrock throttles'
const episode: Episode = {
  fault: faultName,
  startedAt: 60_000,
  endedAt: 72_000,
  readyAt: 72_500,
  healedAt: 75_000,
  explainsOutcome: ({ outcome }) => outcome === 'BEDROCK_THROTTLED',
}
const goodTurn: Turn = { way: 'bedrock obo', startedAt: 1_000, ms: 900, outcome: 'OK' }
const throttledTurn: Turn = { ...goodTurn, startedAt: 70_000, ms: 4_000, outcome: 'BEDROCK_THROTTLED' }

function runOf(turns: readonly Turn[], other: Partial<Run> = {}): Run {
  const episodes = [episode]
  return {
    seed: 1,
    startedAt: 0,
    endedAt: 4 * minuteMs,
    faults: [faultName],
    episodes,
    turns,
    unexplained: findUnexplained(turns, episodes),
    samples: [],
    openAtEnd: 0,
    brokenOff: undefined,
    ...other,
  }
}

/** Samples of an agent's process over one hour, in which its memory grows by `growthMiB`. */
function samplesOf(growthMiB: number): Run['samples'] {
  return Array.from({ length: 121 }, (_, index) => ({
    at: index * 30_000,
    container: 'agent',
    process: 'agent-1',
    residentMiB: 120 + (growthMiB * index) / 120 + (index % 2),
    openFiles: 30,
    sockets: 8,
  }))
}

describe('the report', () => {
  it('has no complaint if a fault at the same time explains each failed turn', () => {
    const { complaints, text } = makeReport(runOf([goodTurn, throttledTurn]))
    expect(complaints).toEqual([])
    expect(text).toContain('| Bedrock throttles | 1 | 1 | 1 | `BEDROCK_THROTTLED` 1 | 2.0, 2.0 |')
  })

  it.each([
    { why: 'with another problem than the fault’s', turn: { ...throttledTurn, outcome: 'INTERNAL_ERROR' } },
    { why: 'before the fault', turn: { ...throttledTurn, startedAt: 50_000, ms: 9_000 } },
    { why: 'after all was well again', turn: { ...throttledTurn, startedAt: 75_001 } },
  ])('complains of a turn that failed $why', ({ turn }) => {
    const { complaints, text } = makeReport(runOf([goodTurn, turn]))
    expect(complaints).toEqual(['1 turns have no explanation.'])
    expect(text).toContain(`${turn.way}, \`${turn.outcome}\``)
  })

  it('complains of a turn that took too long, even if it was answered, and of turns that are open at the end', () => {
    const { complaints } = makeReport(runOf([{ ...goodTurn, ms: 61_000 }], { openAtEnd: 2 }))
    expect(complaints).toEqual([
      'A turn (bedrock obo) took 61.0 s.',
      '2 turns or streams are still open after all clients are gone.',
    ])
  })

  it('complains of a run that broke off, and reports what happened before', () => {
    const { complaints, text } = makeReport(runOf([goodTurn], { brokenOff: 'Error: Not all pods are ready' }))
    expect(complaints).toEqual(['The run broke off: Error: Not all pods are ready'])
    expect(text).toContain('1 turns: 1 were answered')
  })

  it('complains of growing memory, if the run was long enough', () => {
    const leaking = { samples: samplesOf(40), endedAt: 60 * minuteMs }
    expect(makeReport(runOf([goodTurn], leaking)).complaints).toEqual([
      'agent: memory, MiB grows by 40.0 an hour.',
    ])
    expect(makeReport(runOf([goodTurn], { ...leaking, endedAt: 20 * minuteMs })).complaints).toEqual([])
    expect(makeReport(runOf([goodTurn], { ...leaking, samples: samplesOf(5) })).complaints).toEqual([])
  })

  it('shows the median of the first ten samples and of the last ten, so that no single sample decides', () => {
    const samples = samplesOf(0).map(one => ({ ...one, residentMiB: one.at % 120_000 === 0 ? 900 : 120 }))
    const { text } = makeReport(runOf([goodTurn], { samples, endedAt: 60 * minuteMs }))
    expect(text).toContain('| agent | 1 | memory, MiB | 120 | 120 |')
  })
})
