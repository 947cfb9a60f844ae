import { describe, expect, it } from 'vitest'
import { readNumericDate } from './claims.ts'

describe('readNumericDate', () => {
  it('reads seconds since 1970, fractions included', () => {
    expect(readNumericDate(1_700_000_000.5)).toBe(1_700_000_000.5)
  })

  it.each([-1, -1e308, 1e308, Number.NaN, Number.POSITIVE_INFINITY, '1700000000', null, undefined])(
    'does not read %s as a date',
    value => {
      expect(readNumericDate(value)).toBeUndefined()
    },
  )
})
