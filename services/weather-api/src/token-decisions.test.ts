import type { Span, SpanOptions } from '@opentelemetry/api'
import { expect, it } from 'vitest'
import { traceDecision } from './token-decisions.ts'

const identity = {
  flow: 'autonomous',
  caller: 'agent-1',
  objectId: 'agent-1',
  tenantId: 'tenant-1',
  blueprintAppId: undefined,
  tokenId: 'token-1',
} as const

it.each([
  ['accepted', 'OK', []],
  [
    'refused',
    'permission',
    [
      ['error.type', 'permission'],
      ['status', { code: 2 }],
    ],
  ],
] as const)(
  'An %s token adds a span that names the caller, begins when the check began, and fails with the check',
  (_what, outcome, further) => {
    const seen: unknown[] = []
    const note = (entry: unknown): Span => {
      seen.push(entry)
      return span
    }
    const span = {
      setAttribute: (...attribute: unknown[]) => note(attribute),
      setStatus: (status: unknown) => note(['status', status]),
      end: () => note('end'),
    } as unknown as Span
    const startSpan = (name: string, options?: SpanOptions) => note({ name, ...options })
    traceDecision({ startSpan }, { outcome, identity, durationMs: 3_600_000 })
    const attributes = {
      'app.flow': 'autonomous',
      'app.entra.agent.client_id': 'agent-1',
      'app.entra.token_id': 'token-1',
    }
    const startTime = expect.closeTo(Date.now() - 3_600_000, -5)
    expect(seen).toEqual([{ name: 'validate token', attributes, startTime }, ...further, 'end'])
  },
)

it('Without a tracer there are no spans', () => {
  expect(() => traceDecision(undefined, { outcome: 'OK', identity, durationMs: 1 })).not.toThrow()
})
