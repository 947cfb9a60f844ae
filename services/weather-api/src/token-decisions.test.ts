import type { Span } from '@opentelemetry/api'
import { expect, it, vi } from 'vitest'
import { traceDecision } from './token-decisions.ts'

it('The span of a token’s check begins when the check began, and fails with the check that refused the token', () => {
  const span = { setAttribute: vi.fn().mockReturnThis(), setStatus: vi.fn(), end: vi.fn() }
  const startSpan = vi.fn(() => span as unknown as Span)
  const decide = (outcome: string) =>
    traceDecision({ startSpan }, { outcome, identity: undefined, durationMs: 3_600_000 })
  decide('OK')
  const startTime = expect.closeTo(Date.now() - 3_600_000, -5)
  expect(startSpan).toHaveBeenCalledWith(
    'validate token',
    expect.objectContaining({ startTime }),
    expect.anything(),
  )
  expect(span.setStatus).not.toHaveBeenCalled()
  decide('permission')
  expect(span.setAttribute).toHaveBeenCalledExactlyOnceWith('error.type', 'permission')
  expect(span.setStatus).toHaveBeenCalledExactlyOnceWith({ code: 2 })
  expect(span.end).toHaveBeenCalledTimes(2)
})
