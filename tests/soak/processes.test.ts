import { describe, expect, it } from 'vitest'
import { fitSlope } from './processes.ts'

const hourMs = 3_600_000

describe('the slope of the processes’ resources', () => {
  it('is fitted for all processes together, however different their levels are', () => {
    const points = [0, 0.5, 1, 1.5].flatMap(hours => [
      { process: 'a', at: hours * hourMs, value: 100 + 6 * hours },
      { process: 'b', at: (3 + hours) * hourMs, value: 40 + 6 * hours },
    ])
    const slope = fitSlope(points)
    expect(slope?.perHour).toBeCloseTo(6)
    expect(slope?.error).toBeCloseTo(0)
  })

  it('has the standard error of the fit if the points are scattered', () => {
    const points = [0, 2, 2, 2, 4].map((value, index) => ({ process: 'a', at: index * hourMs, value }))
    const slope = fitSlope(points)
    // Calculated by hand: 8 / 10, and the square root of 1.6 / 3 / 10.
    expect(slope?.perHour).toBeCloseTo(0.8)
    expect(slope?.error).toBeCloseTo(0.2309)
  })

  it('is not calculated from too few samples, or from samples of a single moment', () => {
    const point = { process: 'a', at: 0, value: 1 }
    expect(fitSlope([point, { ...point, at: hourMs }, { ...point, at: 2 * hourMs }])).toBeUndefined()
    expect(fitSlope([point, point, point, point, point, point])).toBeUndefined()
  })
})
