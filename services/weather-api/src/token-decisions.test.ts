import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
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
const callerAttributes = {
  'app.flow': 'autonomous',
  'app.entra.agent.client_id': 'agent-1',
  'app.entra.token_id': 'token-1',
}

/** The spans that a tracer is asked for. */
function trace(...decisions: Parameters<typeof traceDecision>[1][]) {
  const spans: object[] = []
  const startSpan = (
    name: string,
    { attributes, startTime }: { attributes?: Attributes; startTime?: unknown } = {},
  ) => {
    const seen: Record<string, unknown> = { name, attributes: { ...attributes }, began: startTime }
    spans.push(seen)
    const span = {
      setAttribute(key: string, value: string) {
        seen['attributes'] = { ...Object(seen['attributes']), [key]: value }
        return span as unknown as Span
      },
      setStatus(status: unknown) {
        seen['status'] = status
        return span as unknown as Span
      },
      end() {
        seen['ended'] = true
      },
    }
    return span as unknown as Span
  }
  for (const decision of decisions) traceDecision({ startSpan }, decision)
  return spans
}

const began = expect.closeTo(Date.now() - 3_600_000, -5)

it('An accepted token adds a span that names the caller and begins when the check began', () => {
  expect(trace({ outcome: 'OK', identity, durationMs: 3_600_000 })).toEqual([
    { name: 'validate token', attributes: callerAttributes, began, ended: true },
  ])
})

it('A refused token adds a failed span that names the failed check', () => {
  expect(trace({ outcome: 'permission', identity, durationMs: 3_600_000 })).toEqual([
    {
      name: 'validate token',
      attributes: { ...callerAttributes, 'error.type': 'permission' },
      status: { code: SpanStatusCode.ERROR },
      began,
      ended: true,
    },
  ])
})

it('Without a tracer there are no spans', () => {
  expect(() => traceDecision(undefined, { outcome: 'OK', identity, durationMs: 1 })).not.toThrow()
})
