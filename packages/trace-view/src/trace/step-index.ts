import type { TokenCard, TraceStep } from '@entra-agents/trace'
import { tokenKey } from './traced-answer.ts'

/** Where a trace first shows a token, and the latest Tc before it. */
interface FirstSight {
  readonly since: number
  readonly userToken: TokenCard | undefined
}

/** What is looked up for each token of a trace: found in one pass, since a trace may have thousands of steps and tokens. */
export interface StepIndex {
  /** When the first step began, in milliseconds since 1970. */
  readonly beginMs: number
  readonly tools: ReadonlyMap<string, TraceStep>
  /** The calls of APIs by the fingerprint of the token that their headers name. */
  readonly calls: ReadonlyMap<string, readonly TraceStep[]>
  /** The first sight of each token, by the token's key. */
  readonly firstSights: ReadonlyMap<string, FirstSight>
}

export function indexSteps(steps: readonly TraceStep[]): StepIndex {
  let beginMs = Number.POSITIVE_INFINITY
  let userToken: TokenCard | undefined
  const calls = new Map<string, TraceStep[]>()
  const firstSights = new Map<string, FirstSight>()
  for (const [index, step] of steps.entries()) {
    const { token, startedAt } = step
    if (startedAt) beginMs = Math.min(beginMs, Date.parse(startedAt))
    for (const fingerprint of fingerprintsIn(step)) {
      if (!calls.get(fingerprint)?.push(step)) calls.set(fingerprint, [step])
    }
    if (!token) continue
    const key = tokenKey(token)
    if (!firstSights.has(key)) firstSights.set(key, { since: index, userToken })
    if (token.role === 'Tc') userToken = token
  }
  const tools = new Map(steps.filter(({ kind }) => kind === 'tool').map(step => [step.id, step]))
  return { beginMs, tools, calls, firstSights }
}

/** The fingerprints of the tokens that an API was called with: `Bearer TR ‹0123456789ab›`. */
function fingerprintsIn({ kind, request }: TraceStep): ReadonlySet<string> {
  if (kind !== 'api-call') return new Set()
  const headers = Object.values(request?.headers ?? {}).join('\n')
  return new Set(headers.match(/(?<=‹)[0-9a-f]{12}(?=›)/g))
}
