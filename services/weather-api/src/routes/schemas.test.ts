import { Check } from 'typebox/value'
import { expect, it } from 'vitest'
import { problem } from '../problems.ts'
import { ProblemResponse } from './schemas.ts'

it('The schema of problems allows a trace id and the id of the request to the upstream, and no other members', () => {
  const upstream = { service: 'open-meteo', status: 503, requestId: 'r-1' }
  const document = problem('WEATHER_UNAVAILABLE', 'It responded 503.', { upstream }).toDocument('r-2')
  expect(Check(ProblemResponse, { ...document, traceId: 'f'.repeat(32) })).toBe(true)
  expect(Check(ProblemResponse, { ...document, more: 1 })).toBe(false)
})
