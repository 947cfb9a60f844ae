import type { TokenCard, TraceStep } from '@entra-agents/trace'
import { tokenKey } from './traced-answer.ts'

/** A token as its latest step shows it, the index of the step that first shows it, and the latest Tc before that. */
export interface TokenSight {
  readonly token: TokenCard
  readonly since: number
  readonly userToken: TokenCard | undefined
}

/** What is looked up for each token of a trace: found in one pass, since a trace may have thousands of steps and tokens. */
export type StepIndex = ReturnType<typeof indexSteps>

export function indexSteps(steps: readonly TraceStep[]) {
  /** When the first step began, in milliseconds since 1970. */
  let beginMs = Number.POSITIVE_INFINITY
  let userToken: TokenCard | undefined
  /** The calls of APIs by the fingerprint of the token that their headers name. */
  const calls = new Map<string, TraceStep[]>()
  /** The latest of calls that are the same but for their token. */
  const latestCalls = new Map<string, TraceStep>()
  const sights = new Map<string, TokenSight>()
  for (const [index, step] of steps.entries()) {
    const { token, startedAt } = step
    if (startedAt) beginMs = Math.min(beginMs, Date.parse(startedAt))
    for (const fingerprint of fingerprintsIn(step)) {
      if (!calls.get(fingerprint)?.push(step)) calls.set(fingerprint, [step])
      latestCalls.set(callKey(step), step)
    }
    if (!token) continue
    const key = tokenKey(token)
    sights.set(key, { since: index, userToken, ...sights.get(key), token })
    if (token.role === 'Tc') userToken = token
  }
  const tools = new Map(steps.filter(({ kind }) => kind === 'tool').map(step => [step.id, step]))
  return { beginMs, tools, calls, latestCalls, sights: [...sights.values()] }
}

/** What a call has in common with the same call under another token. */
export const callKey = ({ parentId, request }: TraceStep): string =>
  JSON.stringify([parentId, request?.method, request?.url])

/** The fingerprints of the tokens that an API was called with: `Bearer TR ‹0123456789ab›`. */
function fingerprintsIn({ kind, request }: TraceStep): ReadonlySet<string> {
  if (kind !== 'api-call') return new Set()
  const headers = Object.values(request?.headers ?? {}).join('\n')
  return new Set(headers.match(/(?<=‹)[0-9a-f]{12}(?=›)/g))
}
