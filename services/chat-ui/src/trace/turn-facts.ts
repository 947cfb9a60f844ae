import type { Actor, Flow, TokenCard, TokenRole, TraceStep } from '@entra-bedrock-agent/identity-trace'
import { actsAsOf } from './claims.ts'
import { apisCalledWith, isCallWith, tokensOf } from './traced-answer.ts'

/** How a call of an API, or a whole turn, came out. `answered` = with a status that denies nobody, such as 404. */
export type Outcome =
  | 'running'
  | 'allowed'
  | 'denied'
  | 'waiting'
  | 'answered'
  | 'failed'
  | 'stopped'
  | 'none'

/** One TR and what it was used for. */
export interface TokenUse {
  readonly token: TokenCard
  readonly calls: readonly TraceStep[]
  readonly apis: readonly Actor[]
  readonly outcome: Outcome
  /** The call that made the outcome. */
  readonly decisive: TraceStep | undefined
}

/** What a trace says about who called whom; everything that the page tells of a turn is made of this. */
export interface TurnFacts {
  readonly flow: Flow
  readonly running: boolean
  readonly steps: readonly TraceStep[]
  readonly tokens: Readonly<Partial<Record<TokenRole, TokenCard>>>
  readonly uses: readonly TokenUse[]
  /** The step in which the turn failed before there was a token. */
  readonly failure: TraceStep | undefined
  /** The sidecar is being asked for a token. */
  readonly isAsking: boolean
}

export function gatherFacts(steps: readonly TraceStep[], flow: Flow, running: boolean): TurnFacts {
  const cards = tokensOf(steps)
  const uses = cards.filter(({ role }) => role === 'TR').map(token => describeUse(token, steps, running))
  return {
    flow,
    running,
    steps,
    tokens: Object.fromEntries(cards.map(card => [card.role, card])),
    uses,
    failure: uses.length > 0 ? undefined : findFailure(steps),
    isAsking: running && steps.some(({ kind, status }) => kind === 'token-request' && status === 'running'),
  }
}

/** The innermost step that failed: those around it only passed its problem on. */
function findFailure(steps: readonly TraceStep[]): TraceStep | undefined {
  const failed = steps.filter(({ status }) => status === 'failed')
  return (
    failed.find(({ kind }) => kind === 'token-request') ??
    failed.findLast(({ kind }) => kind !== 'tool') ??
    failed[0]
  )
}

function describeUse(token: TokenCard, steps: readonly TraceStep[], running: boolean): TokenUse {
  const calls = steps.filter(step => isCallWith(step, token))
  const apis = apisCalledWith(token, steps)
  const found = judgeCalls(token, calls, running)
  return { token, calls, apis, ...found }
}

function judgeCalls(
  token: TokenCard,
  calls: readonly TraceStep[],
  running: boolean,
): Pick<TokenUse, 'outcome' | 'decisive'> {
  const denied = calls.find(isDenied)
  if (denied || failedChecks(token).length > 0) return { outcome: 'denied', decisive: denied }
  const open = calls.find(({ status }) => status === 'running')
  if (open) return { outcome: running ? 'running' : 'stopped', decisive: open }
  const done = calls.findLast(({ status }) => status === 'ok')
  if (done) return { outcome: 'allowed', decisive: done }
  const answered = calls.findLast(({ response }) => response !== undefined && response.status < 500)
  if (answered) return { outcome: 'answered', decisive: answered }
  const failed = calls.at(-1)
  if (failed) return { outcome: 'failed', decisive: failed }
  return { outcome: running ? 'running' : 'none', decisive: undefined }
}

function isDenied({ response }: TraceStep): boolean {
  return response?.status === 401 || response?.status === 403
}

/** The checks that a token did not pass, and whose they were. */
export function failedChecks({
  verifiedBy = [],
}: TokenCard): { readonly actor: Actor; readonly check: string }[] {
  return verifiedBy.flatMap(({ actor, checks }) =>
    checks.filter(({ ok }) => !ok).map(({ name }) => ({ actor, check: name })),
  )
}

/** Who checked a token last, since that is who let the call pass or not; `undefined` where nobody told of checks. */
export function lastChecks({ verifiedBy = [] }: TokenCard, by?: (actor: Actor) => boolean) {
  const last = verifiedBy.findLast(({ actor }) => by?.(actor) ?? true)
  return last && { ...last, passed: last.checks.filter(({ ok }) => ok).length }
}

/** The rights that a token carries, and the claim in which they stand. */
export function rightsOf(card: TokenCard): {
  readonly claim: 'roles' | 'scp'
  readonly rights: string[]
} {
  const claim = actsAsOf(card) === 'agent' ? 'roles' : 'scp'
  const value = card.claims?.[claim]
  const rights = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(' ') : []
  return { claim, rights: rights.filter(right => right !== '') }
}

/** Whether Entra ID refused a token, and not only was not reached. */
export function isRefusal({ kind, problem }: TraceStep): boolean {
  return kind === 'token-request' && problem?.upstream?.service === 'entra'
}

/** How a whole turn came out: the worst that happened to one of its tokens counts. */
export function outcomeOf(
  { uses, failure, running }: TurnFacts,
  isWaiting: (step: TraceStep) => boolean,
): Outcome {
  const outcomes = uses.map(({ outcome }) => outcome)
  const worstFirst = ['denied', 'failed', 'running', 'stopped', 'answered', 'allowed', 'none'] as const
  const worst = worstFirst.find(outcome => outcomes.includes(outcome))
  if (worst) return worst
  if (failure) return isWaiting(failure) ? 'waiting' : isRefusal(failure) ? 'denied' : 'failed'
  return running ? 'running' : 'none'
}
