import { describe, expect, it } from 'vitest'
import type { Turn } from '../cluster/support/load.ts'
import { makeReport, type Run } from './report.ts'
import { type Episode, findUnexplained } from './turn.ts'

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
  it.each([
    ['with another problem than the fault’s', { ...throttledTurn, outcome: 'INTERNAL_ERROR' }],
    ['before the fault', { ...throttledTurn, startedAt: 50_000, ms: 9_000 }],
    ['after all was well again', { ...throttledTurn, startedAt: 75_001 }],
  ])('complains of a turn that failed %s', (_why, turn) => {
    expect(makeReport(runOf([goodTurn, turn])).complaints).toEqual(['1 turns have no explanation.'])
  })

  it('has no complaint of turns that a fault explains, or of little growth, or after a short run', () => {
    const leaking = { samples: samplesOf(40), endedAt: 20 * minuteMs }
    expect(makeReport(runOf([goodTurn, throttledTurn], leaking)).complaints).toEqual([])
    const growing = { samples: samplesOf(5), endedAt: 60 * minuteMs }
    expect(makeReport(runOf([goodTurn], growing)).complaints).toEqual([])
  })

  it('tells of all that happened, and complains of all that was wrong', async () => {
    const unexplained = { ...throttledTurn, outcome: 'INTERNAL_ERROR' }
    // Single samples are far from the others; medians of ten decide.
    const samples = samplesOf(40).map(one => (one.at % 600_000 === 0 ? { ...one, openFiles: 900 } : one))
    const run = runOf([goodTurn, throttledTurn, unexplained, { ...goodTurn, ms: 61_000 }], {
      ...{ samples, endedAt: 60 * minuteMs, openAtEnd: 2, brokenOff: 'Error: Not all pods are ready' },
    })
    await expect(makeReport(run).text).toMatchFileSnapshot('report.txt')
  })
})
