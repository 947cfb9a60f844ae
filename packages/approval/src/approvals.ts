import { randomUUID } from 'node:crypto'
import type { DownstreamApi } from '@entra-agents/identity/core'
import { type Log, toProblem } from '@entra-agents/service-kit'
import type { AskedCall, ContinueRequest, Decision, Flow, Pause, PauseKind } from '@entra-agents/trace'
import { describeConsent } from './consent.ts'
import { readDecisions } from './decide.ts'
import type { PausableTurn, PauseForUser, WaitingTurn } from './pausable-turn.ts'
import type { SealKeys } from './seal-keys.ts'
import { sentenceOf } from './sentence.ts'
import { UsedApprovals } from './used-approvals.ts'
import type { Binding, Continuation, PendingCall, ResumedTurn, Wait } from './waiting.ts'

/** Counts what happened, by these labels. */
interface Counter<Labels> {
  inc(labels: Labels): void
}

interface PauseLabels {
  readonly agent: string
  readonly flow: Flow
  readonly kind: PauseKind
}

export interface ApprovalsOptions {
  readonly keys: SealKeys
  readonly apis: readonly DownstreamApi[]
  /** The URL that browsers return to after a consent; if `undefined`, no turn waits for a consent. */
  readonly consentRedirectUri: string | undefined
  readonly logger: Log
  readonly metrics: {
    readonly pauses: Counter<PauseLabels>
    readonly decisions: Counter<PauseLabels & Pick<Decision, 'decision'>>
  }
}

/** Who continues a turn, and how they decided. */
interface ContinueRequestOfUser
  extends Omit<ContinueRequest, 'agent'>,
    Pick<PausableTurn, 'agent' | 'user'> {}

/** The user who has to decide, with agent and flow. */
type Decider = Pick<PausableTurn, 'agent' | 'user' | 'flow'>

const approvalValidForS = 10 * 60
/** How many times one turn may wait, and how many times more if everything was denied. */
const [pauseLimit, deniedPauseLimit] = [3, 2]

/** Loads the code that seals turns, with its library, on first use: few turns wait. */
const loadSeal = () => import('./continuation.ts')

/** Turns that wait for their user. The agent does not store them: the page sends them back, sealed. */
export class Approvals {
  readonly #options: ApprovalsOptions
  readonly #used = new UsedApprovals()

  constructor(options: ApprovalsOptions) {
    this.#options = options
  }

  /**
   * Seals a turn, and says what its user has to decide.
   *
   * @throws ProblemError APPROVAL_TOO_LARGE, APPROVAL_UNAVAILABLE
   */
  async pause(turn: PausableTurn, { wait, state, usage, tools }: WaitingTurn): Promise<PauseForUser> {
    const { keys, metrics } = this.#options
    const { kind, pending, claims } = wait
    const { continuation: before, denied } = turn.resumed ?? {}
    // A consent takes a while to take effect everywhere, so of several waits for consent in a row only the first counts.
    const isTriedAgain = kind === 'consent' && before?.kind === 'consent'
    const pauses = (before?.pauses ?? 0) + (isTriedAgain ? 0 : 1)
    const iat = Math.floor(Date.now() / 1000)
    const exp = before && isSameWait(before, wait) ? before.exp : iat + approvalValidForS
    const { seal } = await loadSeal()
    const continuation = await seal(
      {
        v: 1,
        jti: randomUUID(),
        iat,
        exp,
        ...bindingOf(turn),
        turnId: turn.id,
        kind,
        message: turn.message,
        pending,
        denied: [...(denied ?? [])],
        ...(claims === undefined ? {} : { claims }),
        pauses,
        deniedPauses: before?.deniedPauses ?? 0,
        usage,
        tools: [...tools],
        state,
      },
      keys,
    )
    const asked = pending.filter(({ isAsked }) => isAsked)
    for (const call of asked) this.#audit({ audit: 'asked', kind }, turn, call)
    metrics.pauses.inc({ agent: turn.agent.name, flow: turn.flow, kind })
    return {
      kind,
      continuation,
      expiresAt: new Date(exp * 1000).toISOString(),
      calls: asked.map(describeCall),
      ...(claims === undefined ? {} : { claimsChallenge: claims }),
      ...this.#consentFor(turn, wait.right),
    }
  }

  /**
   * Opens a sealed turn for the request that continues it.
   *
   * @throws ProblemError APPROVAL_INVALID, APPROVAL_EXPIRED, APPROVAL_NOT_YOURS, APPROVAL_CHANGED, APPROVAL_USED, APPROVAL_UNAVAILABLE
   */
  async resume(request: ContinueRequestOfUser): Promise<ResumedTurn> {
    const { continuation, decisions } = await this.#accept(request)
    const { jti, iat, turnId: id, kind, pending } = continuation
    const approvedCalls: ResumedTurn['approvedCalls'] = []
    const denied = new Set(continuation.denied)
    const areAllDenied = [...decisions.values()].every(decision => decision === 'deny')
    const deniedPauses = Math.min(continuation.deniedPauses + (areAllDenied ? 1 : 0), deniedPauseLimit)
    for (const call of pending) {
      const decision = decisions.get(call.callId)
      if (!decision) continue
      if (decision === 'deny') denied.add(call.digest)
      this.#audit({ audit: decision === 'deny' ? 'denied' : 'approved', kind }, { ...request, id }, call)
      const { agent, flow } = request
      this.#options.metrics.decisions.inc({ agent: agent.name, flow, kind, decision })
    }
    return {
      continuation: { ...continuation, deniedPauses },
      decisions,
      denied,
      waitedMs: Math.max(0, Date.now() - iat * 1000),
      mayWaitAgain: continuation.pauses - deniedPauses < pauseLimit,
      approvedCalls,
      release: () => {
        const sent = approvedCalls.filter(({ mayHaveRun }) => mayHaveRun)
        if (sent.every(({ isIdempotent }) => isIdempotent)) this.#used.release(jti, sent.length > 0)
      },
    }
  }

  async #accept(request: ContinueRequestOfUser) {
    try {
      const { unseal } = await loadSeal()
      const continuation = await unseal(request.continuation, this.#options.keys, bindingOf(request))
      const decisions = readDecisions(continuation, request.decisions)
      const { jti, exp } = continuation
      this.#used.use(jti, exp, JSON.stringify([...decisions].sort()))
      return { continuation, decisions }
    } catch (error) {
      const { code: reason } = toProblem(error)
      const line = { audit: 'not-accepted', reason, ...describeDecider(request) }
      this.#options.logger.warn(line, 'Decision refused.')
      throw error
    }
  }

  /** Logs ids only: arguments would show what the user wants. */
  #audit(
    decided: { readonly audit: 'asked' | 'approved' | 'denied'; readonly kind: PauseKind },
    decider: Decider & Pick<PausableTurn, 'id'>,
    { tool, api, digest }: PendingCall,
  ): void {
    const line = { ...decided, ...describeDecider(decider), correlationId: decider.id, api, tool, digest }
    this.#options.logger.info(line, 'Decision of a user.')
  }

  #consentFor(turn: PausableTurn, right: WaitingTurn['wait']['right']): Pick<Pause, 'consent'> {
    const { apis, consentRedirectUri } = this.#options
    const api = right && apis.find(({ name }) => name === right.api)
    if (!api || consentRedirectUri === undefined) return {}
    const { preferred_username, upn } = turn.user?.claims ?? {}
    const loginHint = [preferred_username, upn].find(name => typeof name === 'string')
    return { consent: describeConsent(turn.agent, api, right, consentRedirectUri, loginHint) }
  }
}

/** Whether one of these calls has waited before. Its new wait, such as a step-up after an approval, then keeps the old expiry. */
function isSameWait({ pending: before }: Pick<Continuation, 'pending'>, { pending }: Wait): boolean {
  return pending.some(({ callId }) => before.some(call => call.callId === callId))
}

function describeDecider({ agent, user, flow }: Decider) {
  return { agent: agent.name, caller: agent.clientId, onBehalfOf: user?.objectId, flow }
}

function bindingOf({ agent, user, flow, mode }: Decider & Pick<PausableTurn, 'mode'>): Binding {
  const { oid, tid, azp, appid } = user?.claims ?? {}
  return { oid: textOf(oid), tid: textOf(tid), azp: textOf(azp ?? appid), agent: agent.clientId, flow, mode }
}

const textOf = (claim: unknown) => (typeof claim === 'string' ? claim : '')

function describeCall(pending: PendingCall): AskedCall {
  const { toolHash: _hash, isAsked: _isAsked, args, ...call } = pending
  return { ...call, sentence: sentenceOf(pending), arguments: args }
}
