import type { Actor, Flow, LogIds, PauseKind, TokenCard, TokenRole, TraceStep } from '@entra-agents/trace'
import { problemKind } from '../words/problem-kinds.ts'
import { wantedContexts } from '../words/step-up.ts'
import { callKey, indexSteps, type StepIndex, type TokenSight } from './step-index.ts'
import type { KnownPause, TracedAnswer } from './traced-answer.ts'

/**
 * The outcome of the calls with one TR. `answered` stands for a status below 500 that is neither success nor denial, such as
 * 404; `more` says that the API wanted more from the user before it would answer.
 */
type UseOutcome = 'running' | 'allowed' | 'denied' | 'answered' | 'failed' | 'stopped' | 'more' | 'none'

/**
 * The outcome of a whole turn: that of one of its exchanges, a call that waits for an `approval` or a `consent`, or what
 * happened instead of an exchange. Without a TR, `refused` says that Entra ID gave none, `unreached` that something failed, and
 * `later` that it passes by itself or if the user does something; `declined` says that the user did not want the call.
 */
export type Outcome = UseOutcome | 'approval' | 'consent' | 'refused' | 'unreached' | 'later' | 'declined'

/** One TR and what it was used for. */
export interface TokenUse extends TokenSight {
  readonly calls: readonly TraceStep[]
  readonly apis: readonly Actor[]
  readonly outcome: UseOutcome
  /** The call that decided the outcome. */
  readonly decisive: TraceStep | undefined
  /** Whether Entra ID issued TR before the turn began: then TR came from the sidecar's cache. */
  readonly isFromCache: boolean
}

/** What the user has to do before a call goes on. */
export type PendingCall = NonNullable<ReturnType<typeof findPendingCall>>

/** What a trace says about who called whom. Everything that the page says about a turn is derived from it. */
export interface TurnFacts extends Findings {
  readonly outcome: Outcome
  /** The exchange of the outcome. Exchanges before it with the outcome `more` were first tries. */
  readonly exchange: TokenUse | undefined
}

export function factsOf({ steps, turn, question, state, pause }: TracedAnswer): TurnFacts {
  return gatherFacts(steps, (turn ?? question).flow, state === 'running', pause)
}

/** @param pause what the turn waits for, if it waits */
export function gatherFacts(
  steps: readonly TraceStep[],
  flow: Flow,
  running: boolean,
  pause?: KnownPause,
): TurnFacts {
  const findings = findIn(steps, flow, running, pause)
  const outcome = outcomeOfTurn(findings)
  return { ...findings, outcome, exchange: exchangeOf(findings, outcome) }
}

/** What the outcome follows from. */
type Findings = ReturnType<typeof findIn>

function findIn(steps: readonly TraceStep[], flow: Flow, running: boolean, pause: KnownPause | undefined) {
  const index = indexSteps(steps)
  const { sights } = index
  const uses = sights
    .filter(({ token }) => token.role === 'TR')
    .map(sight => describeUse(sight, index, running))
  // The answer does not depend on a token that was asked for ahead, and that no call took in the end.
  const requests = steps.filter(({ kind, unused }) => kind === 'token-request' && (running || !unused))
  const tokens: Readonly<Partial<Record<TokenRole, TokenCard>>> = Object.fromEntries(
    sights.map(({ token }) => [token.role, token]),
  )
  return {
    flow,
    running,
    steps,
    tokens,
    uses,
    /** The step in which the turn failed before there was a token. */
    failure: uses.length > 0 ? undefined : findFailure(steps),
    /** Whether the sidecar was asked for a token, and whether it is being asked now. */
    isTokenAsked: uses.length > 0 || requests.length > 0,
    /** Whether a token was asked for ahead of a call that never came. */
    isTokenUnused: !running && steps.some(({ unused }) => unused),
    isAsking: running && requests.some(({ status, unused }) => status === 'running' || unused),
    /** The calls that wait for the user, or waited until they were abandoned or their time was over. */
    asked: running ? undefined : findPendingCall(steps, pause),
    /** Whether the user declined one of the calls. */
    isDeclined: steps.some(({ approval }) => approval?.decision === 'deny'),
  }
}

function findPendingCall(steps: readonly TraceStep[], pause: KnownPause | undefined) {
  const waiting = steps.filter(({ kind, status }) => kind === 'tool' && status === 'waiting')
  const step = waiting.find(({ id }) => id === pause?.calls?.[0]?.stepId) ?? waiting[0]
  if (!step) return undefined
  const call = pause?.calls?.find(({ stepId }) => stepId === step.id)
  const refusal = steps.findLast(
    other => hasFailed(other) && (other.parentId === step.id || other.parentId === undefined),
  )
  const contexts = wantedContexts(pause?.claimsChallenge ?? refusal?.problem?.claimsChallenge)
  const needed = refusal?.problem?.needs?.permission
  const kind: PauseKind = contexts.length > 0 ? 'step-up' : refusal ? 'consent' : 'approval'
  return {
    kind: pause?.kind ?? kind,
    /** The first call that waits: its step, what it does, and the API. */
    step,
    title: call?.title ?? step.tool?.name ?? step.title,
    api: call?.api ?? refusal?.problem?.needs?.api ?? (refusal?.kind === 'api-call' ? refusal.to : undefined),
    /** The number of other calls that wait. */
    others: waiting.length - 1,
    /** The authentication contexts that the API wants in a step-up. */
    contexts,
    /** The rights that are to be consented to. */
    scopes: pause?.consent?.scopes.map(({ value }) => value) ?? (needed === undefined ? [] : [needed]),
    /** Whether the call still waits; if not, it was abandoned and not sent. */
    isOpen: pause !== undefined,
  }
}

/** The innermost step that failed: the steps around it only passed on its problem. */
function findFailure(steps: readonly TraceStep[]): TraceStep | undefined {
  const failed = steps.filter(hasFailed)
  return (
    failed.find(({ kind }) => kind === 'token-request') ??
    failed.findLast(({ kind }) => kind !== 'tool') ??
    failed[0]
  )
}

function describeUse(sight: TokenSight, index: StepIndex, running: boolean): TokenUse {
  const { token } = sight
  const { fingerprint = '', verifiedBy = [] } = token
  const calls = index.calls.get(fingerprint) ?? []
  const verifying = verifiedBy.map(({ actor }) => actor).filter(actor => actor !== 'agent')
  return {
    ...sight,
    calls,
    apis: [...new Set([...calls.map(({ to }) => to), ...verifying])],
    ...judgeCalls(token, calls, index, running),
    isFromCache: isIssuedBefore(token, index.beginMs),
  }
}

/** Entra ID backdates `iat` and `nbf` by five minutes. The clocks of Entra ID and agent may differ by some seconds. */
const iatBackdatedMs = 300_000
const clockToleranceMs = 10_000

function isIssuedBefore({ claims = {} }: TokenCard, beginMs: number): boolean {
  const issuedMs = Number(claims['iat'] ?? Number.NaN) * 1000 + iatBackdatedMs
  return Number.isFinite(beginMs) && issuedMs + clockToleranceMs < beginMs
}

function judgeCalls(
  token: TokenCard,
  calls: readonly TraceStep[],
  index: StepIndex,
  running: boolean,
): Pick<TokenUse, 'outcome' | 'decisive'> {
  const refused = calls.filter(({ response }) => response?.status === 401 || response?.status === 403)
  const denied = refused.find(call => isFinalRefusal(call, calls, index))
  const more = denied ? undefined : refused.at(-1)
  if (more && more === calls.at(-1)) return { outcome: 'more', decisive: more }
  // If the API wanted more from the user and then accepted the call, the failed check only says why it wanted more.
  // What the agent finds wrong after a call is what the API says of the token, which denies nothing.
  const isBad = failedChecks(token).some(({ actor }) => actor !== 'agent' || calls.length === 0)
  if (denied || (!more && isBad)) return { outcome: 'denied', decisive: denied }
  const open = calls.find(({ status }) => status === 'running')
  if (open || calls.length === 0)
    return { outcome: running ? 'running' : open ? 'stopped' : 'none', decisive: open }
  const done = calls.findLast(({ status }) => status === 'ok')
  if (done) return { outcome: 'allowed', decisive: done }
  const answered = calls.findLast(({ response }) => response !== undefined && response.status < 500)
  return answered
    ? { outcome: 'answered', decisive: answered }
    : { outcome: 'failed', decisive: calls.at(-1) }
}

/**
 * Whether a refusal is final. If the tool waits, succeeded or made the call again, or the call was made with another TR, the API only
 * wanted more.
 */
function isFinalRefusal(
  call: TraceStep,
  ofSameToken: readonly TraceStep[],
  { tools, latestCalls }: StepIndex,
): boolean {
  const tool = tools.get(call.parentId ?? '')
  const latest = latestCalls.get(callKey(call)) ?? call
  return tool ? hasFailed(tool) && call === latest : ofSameToken.includes(latest)
}

/** Whether a step has not ended and may still: its turn runs, or waits for the user. */
export function isGoingOn({ status }: TraceStep, { running, asked }: TurnFacts): boolean {
  return status === (running ? 'running' : asked?.isOpen ? 'waiting' : undefined)
}

/** Whether a step failed by itself: a call that the user denied was not made, and a token that nobody took is not missed. */
export function hasFailed({ status, approval, unused }: TraceStep): boolean {
  return status === 'failed' && approval === undefined && !unused
}

/** The checks that a token failed, and who made them. */
export function failedChecks({ verifiedBy = [] }: Pick<TokenCard, 'verifiedBy'>) {
  return verifiedBy.flatMap(({ actor, checks }) =>
    checks.filter(({ ok }) => !ok).map(({ name }) => ({ actor, check: name })),
  )
}

/** The last checks of a token, which decided about the call; `undefined` if no checks were reported. */
export function lastChecks({ verifiedBy = [] }: TokenCard, by?: 'agent' | 'api') {
  return verifiedBy.findLast(({ actor }) => !by || (actor === 'agent') === (by === 'agent'))
}

/** The last request for a token that the agent made. */
export function lastTokenRequest({ steps }: TurnFacts): TraceStep | undefined {
  return steps.findLast(({ kind, status }) => kind === 'token-request' && status !== 'not-observable')
}

/** The ids of the turn’s steps in the logs of others; of each kind the last one. */
export function logIdsOf({ steps }: TurnFacts): LogIds {
  return Object.assign({}, ...steps.map(({ logIds }) => logIds))
}

/** The outcome of a turn: a call that waits, or else the worst outcome of its tokens. */
function outcomeOfTurn({ uses, failure, running, isDeclined, asked }: Findings): Outcome {
  if (asked) return asked.kind === 'step-up' ? 'more' : asked.kind
  const worstFirst = ['denied', 'failed', 'running', 'stopped', 'answered', 'allowed'] as const
  const worst = worstFirst.find(worse => uses.some(({ outcome }) => outcome === worse))
  if (worst) return worst
  if (isDeclined && !failure) return 'declined'
  if (!failure && running) return 'running'
  if (!failure) return uses.some(({ outcome }) => outcome === 'more') ? 'more' : 'none'
  return outcomeWithoutToken(failure)
}

/** Whether a token came, and the agent itself did not take it. */
export function isRejection({ kind, problem }: TraceStep): boolean {
  return kind === 'token-request' && problem?.failedCheck !== undefined
}

function outcomeWithoutToken(step: TraceStep): Outcome {
  const { kind, problem } = step
  if (isRejection(step)) return 'denied'
  if (problem && problemKind(problem) === 'wait') return 'later'
  const isByEntra = problem?.upstream?.service === 'entra' && problem.code !== 'ENTRA_UNAVAILABLE'
  return isByEntra && kind === 'token-request' ? 'refused' : 'unreached'
}

/** Whether a call waits, or waited, for its user's decision before its exchange. */
export function isUndecided({ asked }: Pick<TurnFacts, 'asked'>): boolean {
  return asked !== undefined && asked.kind !== 'step-up'
}

/** The exchange that led to the outcome: the one after the last first try, if that has the outcome. */
function exchangeOf({ uses, asked }: Findings, outcome: Outcome): TokenUse | undefined {
  if (isUndecided({ asked })) return undefined
  const lastTry = uses.findLastIndex(use => use.outcome === 'more')
  if (outcome === 'more') return uses[lastTry]
  const isDecisive = (use: TokenUse) => use.outcome === outcome
  return uses.slice(lastTry + 1).find(isDecisive) ?? uses.find(isDecisive) ?? uses[0]
}
