import {
  identityProblem,
  type OpenStep,
  type Permit,
  redactBody,
  type StepFacts,
} from '@entra-agents/identity/core'
import { type ProblemError, toProblem } from '@entra-agents/service-kit'
import { type NeededRight, needsUser, type PauseKind, redactText, type Sentence } from '@entra-agents/trace'
import { digestCall, idempotencyKey } from './call-digest.ts'
import { requireSame } from './decide.ts'
import type { PausableTurn } from './pausable-turn.ts'
import { approvalProblem } from './problems.ts'
import type { Change, ToolContext } from './toolset.ts'
import { withUnknownOutcome } from './unknown-outcome.ts'
import type { PendingCall, ResumedTurn, Wait } from './waiting.ts'

/** A call that is to be made in a turn. */
export interface StepCall<Output> {
  readonly id: string
  readonly tool: string
  /** `undefined` if the arguments are no JSON object. */
  readonly arguments: Readonly<Record<string, unknown>> | undefined
  /** What spans and metrics show of the call's step. */
  readonly facts?: StepFacts
  /** Name of the API; `undefined` if there is no such tool. */
  readonly api: string | undefined
  /** What the call would change; `undefined` if it changes nothing, or if it cannot be made at all and `run` throws. */
  readonly change?: (Change & { readonly toolHash: string }) | undefined
  /** Fails if the agent lacks a right that the change needs, as far as that is known before the call. */
  requireRight?(context: ToolContext): Promise<void>
  run(context: ToolContext): Promise<Output>
}

/** How a call ended. */
export type CallEnd<Output> =
  | { readonly status: 'ok'; readonly output: Output }
  | { readonly status: 'failed'; readonly failure: ProblemError }
  /** The user denied the call, now or earlier in the turn. */
  | { readonly status: 'denied' }

/** What is known of a call that was denied: another replica may have got an approval of it. */
export const denialText = 'Nothing was sent by this denial.'

/** The outcome of a step's calls: how those that ran have ended, and what the others wait for. */
export interface StepEnd<Output> {
  readonly ends: ReadonlyMap<string, CallEnd<Output>>
  readonly wait: Wait | undefined
}

export interface StepOptions {
  readonly context: ToolContext
  /** Who asks for the calls. */
  readonly from: 'bedrock' | 'user'
  /** Whether the turn goes on after this failure, and the model is told of it. */
  readonly isTellable: (failure: ProblemError) => boolean
  /** Whether the turn may ask for a missing consent now; if not, the turn goes on, and the model is told which permission is missing. */
  readonly asksForConsent: boolean
}

/** With these codes nobody knows whether an API has carried out a call that was sent. */
const unknownOutcomeCodes = [
  'API_UNAVAILABLE',
  'API_ECHOED_TOKEN',
  'MCP_SERVER_UNREACHABLE',
  'MCP_RESULT_TOO_LARGE',
  'INTERNAL_ERROR',
]

/** How many calls of one step may change something. */
const changeLimit = 5

/** Whether a turn may call a tool: one that changes something needs a user who can approve, or must be allowed unattended. */
export function mayCall(
  { flow }: Pick<PausableTurn, 'flow'>,
  { change }: { readonly change?: Change | undefined },
): boolean {
  return change === undefined || needsUser(flow) || change.unattended === true
}

/** Whether a call of a tool waits for the user's approval. */
export function waitsForUser(
  { flow }: Pick<PausableTurn, 'flow'>,
  { change }: { readonly change?: Change | undefined },
): boolean {
  return change !== undefined && needsUser(flow)
}

/**
 * Runs a step's reading calls side by side. Then changing calls wait for approval or, in a flow without a user, run in order.
 *
 * @throws ProblemError of the first call whose failure ends the turn, once all have ended; TOOL_NEEDS_A_PERSON, STEP_LIMIT_REACHED
 */
export async function runStep<Output>(
  options: StepOptions,
  calls: readonly StepCall<Output>[],
): Promise<StepEnd<Output>> {
  const { turn } = options.context
  const changing = calls.filter(({ change }) => change)
  if (changing.length > changeLimit)
    throw approvalProblem(
      'STEP_LIMIT_REACHED',
      `${changing.length} changes were asked for at once; ${changeLimit} are allowed.`,
    )
  for (const call of changing)
    if (!mayCall(turn, call)) throw approvalProblem('TOOL_NEEDS_A_PERSON', `${call.tool} was not called.`)
  const run = new Step<Output>(options)
  await Promise.all(calls.filter(({ change }) => !change).map(call => run.run(call)))
  for (const call of changing) {
    if (waitsForUser(turn, call)) await run.ask(call)
    else await run.run(call)
  }
  return run.end(calls)
}

/**
 * Goes on with the calls of a step that waited, as the user decided. The calls run one after the other.
 *
 * @param findCall the call as it would be made now; `undefined` if the tool is gone or no longer takes the arguments
 * @throws ProblemError APPROVAL_CHANGED, before anything runs; what `runStep` throws
 */
export async function resumeStep<Output>(
  options: StepOptions,
  resumed: ResumedTurn,
  findCall: (pending: PendingCall) => StepCall<Output> | undefined,
): Promise<StepEnd<Output>> {
  const { decisions, waitedMs } = resumed
  const { kind, pending, claims } = resumed.continuation
  const run = new Step<Output>(options)
  const calls = pending.map(one => {
    const waited = kind === 'approval' && one.isAsked ? { ...one, isApproved: true as const } : one
    const call = findCall(waited)
    const isDenied = decisions.get(waited.callId) === 'deny'
    if (!isDenied) requireSame(waited, call && { digest: digestOf(call), effect: call.change?.effect })
    return { waited, call, isDenied }
  })
  for (const { waited, call, isDenied } of calls) {
    if (waited.isAsked) run.noteDecision(waited, isDenied, resumed)
    if (isDenied || !call) run.deny(waited, waitedMs)
    // Changes are made in order: if one waits again, the later ones wait, too.
    else if (run.waits && waited.effect !== undefined) run.postpone(waited)
    else await run.run(call, waited, waited.isAsked ? claims : undefined)
  }
  return run.end(calls.flatMap(({ call }) => call ?? []))
}

/** What the turn waits for after a call outside a step has failed; `undefined` if the failure is final. */
export function waitAfterFailure(
  options: StepOptions,
  call: StepCall<unknown>,
  error: unknown,
): Wait | undefined {
  const failure = toProblem(error)
  auditRefusal(options, call, failure)
  return new Step(options).holdFailed(call, failure)
}

const refusalCodes = /^(?:API_FORBIDDEN|API_TOKEN_REJECTED|CONSENT_REQUIRED|APPROVAL_LIMIT_REACHED)$/

/** Notes in the audit log that a call was refused, by an API, by Entra or by the agent. Injected calls are seen by this. */
function auditRefusal(
  { context }: StepOptions,
  { tool, api }: StepCall<unknown>,
  { code, options }: ProblemError,
): void {
  if (!refusalCodes.test(code)) return
  context.audit('tool-refused', { tool, api, code, needs: options.extensions?.['needs'] })
}

type NewWait = Omit<Wait, 'pending'>

class Step<Output> {
  readonly #options: StepOptions
  readonly #ends = new Map<string, CallEnd<Output>>()
  readonly #fatal = new Map<string, unknown>()
  readonly #pending: PendingCall[] = []
  readonly #asked: { readonly step: OpenStep; readonly pending: PendingCall }[] = []
  #wait: NewWait | undefined

  constructor(options: StepOptions) {
    this.#options = options
  }

  get waits(): boolean {
    return this.#wait !== undefined || this.#asked.length > 0
  }

  /**
   * Prepares to ask the user about a call when the step ends, unless they have denied the call in this turn, or were asked too often.
   * Least privilege comes first: nobody is asked about a call to which the agent has no right.
   */
  async ask(call: StepCall<Output>, waited?: PendingCall): Promise<void> {
    if (this.#fatal.size > 0) return
    const { resumed, trace } = this.#turn
    const step = trace.start(this.#describe(call, waited?.stepId), call.facts)
    const digest = digestOf(call)
    if (resumed?.denied.has(digest)) {
      step.deny({ decision: 'deny', digest, waitedMs: 0 })
      this.#ends.set(call.id, { status: 'denied' })
      return
    }
    if (!this.#mayWait('approval')) return this.#refuse(call, step, limitProblem(call))
    try {
      const context = this.#options.context.under(step.id)
      await call.requireRight?.(context)
      const sentence = await tell(call, context)
      this.#asked.push({
        step,
        pending: { ...this.#describePending(call, step), ...(sentence && { sentence }) },
      })
    } catch (error) {
      this.#fail(call, step, error)
    }
  }

  async run(call: StepCall<Output>, waited?: PendingCall, claims?: string): Promise<void> {
    // The user has not been asked to approve the call yet: that needed a consent first.
    if (waited && call.change && !waited.isApproved) return this.ask(call, waited)
    const { context } = this.#options
    const { turn } = context
    const step = turn.trace.start(this.#describe(call, waited?.stepId), call.facts)
    const [ending] = this.#fatal.values()
    if (call.change && ending !== undefined) {
      // An earlier call has failed so that the turn ends: nothing more may be changed.
      step.fail(toProblem(ending).toDocument(turn.requestId))
      return
    }
    const permit = call.change && this.#permit(call, call.change, claims)
    if (permit) turn.resumed?.approvedCalls.push(permit)
    try {
      if (waited?.sentence && !(await isToldAlike(call, context.under(step.id), waited.sentence)))
        return this.#refuse(
          call,
          step,
          approvalProblem('APPROVAL_CHANGED', 'It would change something else.'),
        )
      const output = await call.run(context.under(step.id, permit))
      step.ok()
      this.#ends.set(call.id, { status: 'ok', output })
    } catch (error) {
      this.#fail(call, step, this.#explain(error, call, permit), waited)
    }
  }

  /** The error, which says so if the call was sent and nobody knows whether it was carried out. */
  #explain(error: unknown, call: StepCall<Output>, permit: Permit | undefined): unknown {
    const { context } = this.#options
    const failure = toProblem(error)
    const isOpen = context.turn.signal.aborted || unknownOutcomeCodes.includes(failure.code)
    if (!permit?.mayHaveRun || !isOpen) return error
    context.audit('outcome-unknown', { tool: call.tool, api: call.api, digest: digestOf(call) })
    return withUnknownOutcome(failure)
  }

  holdFailed(call: StepCall<Output>, failure: ProblemError): Wait | undefined {
    const wait = this.#waitFor(failure, call)
    if (!wait || !this.#mayWait(wait.kind)) return undefined
    const step = this.#turn.trace.start(this.#describe(call), call.facts)
    step.wait()
    this.#hold(call, step, wait)
    return { ...wait, pending: this.#pending }
  }

  /** Records the user's decision below the step that waited. A completed step-up is not recorded: its sign-in is a step itself. */
  noteDecision(
    { tool, digest, stepId }: PendingCall,
    isDenied: boolean,
    { continuation, waitedMs }: ResumedTurn,
  ): void {
    const { trace } = this.#turn
    const shared = { parentId: stepId, from: 'user' } as const
    const decision = isDenied ? 'deny' : 'approve'
    const kind = isDenied ? 'approval' : continuation.kind
    switch (kind) {
      case 'approval':
        trace.note('ok', {
          ...shared,
          kind,
          to: 'agent',
          title: `The user ${isDenied ? 'denied' : 'approved'} ${redactText(tool)}, exactly as shown`,
          approval: { decision, digest, waitedMs },
        })
        return
      case 'consent':
        trace.note('not-observable', {
          ...shared,
          kind,
          to: 'entra',
          title: 'The user has consented, as the page says; the next token shows whether it is so',
        })
        return
      case 'step-up':
        return
      default:
        kind satisfies never
    }
  }

  deny({ callId, tool, args, stepId, digest }: PendingCall, waitedMs: number): void {
    this.#turn.trace
      .start(this.#describe({ tool, arguments: args }, stepId))
      .deny({ decision: 'deny', digest, waitedMs })
    this.#ends.set(callId, { status: 'denied' })
  }

  /** Lets a call wait again, until the call before it has run; the user is not asked about the later call again. */
  postpone(call: PendingCall): void {
    this.#pending.push({ ...call, isAsked: false })
  }

  /** @throws the failure of the first of these calls whose failure ends the turn */
  end(calls: readonly Pick<StepCall<Output>, 'id'>[]): StepEnd<Output> {
    for (const { id } of calls) if (this.#fatal.has(id)) throw this.#fatal.get(id)
    if (this.#asked.length > 0) {
      // A turn waits for one thing at a time, and for approvals first.
      this.#wait = { kind: 'approval' }
      for (const [index, other] of this.#pending.entries())
        this.#pending[index] = { ...other, isAsked: false }
    }
    for (const { step, pending } of this.#asked) {
      step.wait()
      this.#pending.push(pending)
    }
    return { ends: this.#ends, wait: this.#wait && { ...this.#wait, pending: this.#pending } }
  }

  get #turn(): PausableTurn {
    return this.#options.context.turn
  }

  /** Ends a call that failed: it waits for the user, as it may have `waited` before, or the model is told, or the turn ends. */
  #fail(call: StepCall<Output>, step: OpenStep, error: unknown, waited?: Partial<PendingCall>): void {
    const { isTellable, asksForConsent } = this.#options
    const { signal, requestId, pausesForConsent } = this.#turn
    signal.throwIfAborted()
    const failure = toProblem(error)
    auditRefusal(this.#options, call, failure)
    const wait = this.#waitFor(failure, call)
    if (wait && this.#mayWait(wait.kind)) {
      step.wait()
      this.#hold(call, step, wait, waited)
    } else if (wait?.right && (!asksForConsent || pausesForConsent)) {
      const told = unaskedProblem(failure, wait.right)
      this.#turn.notice(told)
      this.#refuse(call, step, told)
    } else if (wait?.kind === 'step-up') this.#refuse(call, step, limitProblem(call))
    else {
      step.fail(failure.toDocument(requestId))
      if (isTellable(failure)) this.#ends.set(call.id, { status: 'failed', failure })
      else this.#fatal.set(call.id, error)
    }
  }

  /** Refuses a call to the model, which goes on; without a model the turn ends. */
  #refuse(call: StepCall<Output>, step: OpenStep, failure: ProblemError): void {
    step.fail(failure.toDocument(this.#turn.requestId))
    if (failure.code === 'APPROVAL_LIMIT_REACHED') auditRefusal(this.#options, call, failure)
    if (this.#options.from === 'bedrock') this.#ends.set(call.id, { status: 'failed', failure })
    else this.#fatal.set(call.id, failure)
  }

  #mayWait(kind: PauseKind): boolean {
    const { resumed, pausesForConsent } = this.#turn
    if (kind !== 'consent') return resumed?.mayWaitAgain ?? true
    // A consent takes a while to take effect, so a turn that waited for one may go on waiting.
    const isOften = resumed && !resumed.mayWaitAgain && resumed.continuation.kind !== 'consent'
    return this.#options.asksForConsent && pausesForConsent && !isOften
  }

  #hold(call: StepCall<Output>, step: OpenStep, wait: NewWait, waited?: Partial<PendingCall>): void {
    this.#wait ??= wait
    const { kind, right } = this.#wait
    const isAsked = kind === wait.kind && JSON.stringify(right) === JSON.stringify(wait.right)
    this.#pending.push({ ...waited, ...this.#describePending(call, step), isAsked })
  }

  /** What the turn would wait for after this failure of a call; `undefined` if the failure is final. */
  #waitFor({ code, options }: ProblemError, { change, api }: StepCall<Output>): NewWait | undefined {
    if (!needsUser(this.#turn.flow)) return undefined
    const { claimsChallenge, needs } = { ...options.extensions } as {
      claimsChallenge?: string
      needs?: NeededRight
    }
    if (code === 'STEP_UP_REQUIRED' && change) return { kind: 'step-up', claims: claimsChallenge }
    if (api === undefined) return undefined
    if (code === 'API_FORBIDDEN' && needs?.kind === 'scope') return { kind: 'consent', right: needs }
    // Asks for all scopes if no single one is known.
    const right = needs ?? { api, permission: '.default', kind: 'scope' }
    return code === 'CONSENT_REQUIRED' ? { kind: 'consent', right } : undefined
  }

  #permit(call: StepCall<Output>, { isIdempotent }: Change, claims: string | undefined): Permit {
    const key = idempotencyKey(this.#turn.id, call.id, digestOf(call))
    return { idempotencyKey: key, isIdempotent, claims, mayHaveRun: false }
  }

  #describe({ tool, arguments: input }: Pick<StepCall<Output>, 'tool' | 'arguments'>, id?: string) {
    const shown = redactBody(input) as typeof input
    return {
      id,
      kind: 'tool',
      from: this.#options.from,
      to: 'agent',
      title: redactText(`${tool}(${input === undefined ? '…' : JSON.stringify(input)})`.slice(0, 200)),
      tool: { name: redactText(tool), ...(shown === undefined ? {} : { arguments: { ...shown } }) },
    } as const
  }

  #describePending(call: StepCall<Output>, { id: stepId }: OpenStep): PendingCall {
    const { id: callId, tool, arguments: args = {}, api = '', change } = call
    return {
      callId,
      tool,
      toolHash: change?.toolHash ?? '',
      api,
      ...(change ? { effect: change.effect } : {}),
      title: change?.title ?? tool,
      args: { ...args },
      digest: digestOf(call),
      isAsked: true,
      stepId,
    }
  }
}

/** Says in the tool's words what a call would do. */
function tell({ change, arguments: args = {} }: StepCall<unknown>, context: ToolContext) {
  return change?.tell?.(args, context)
}

/** Whether the user would now be told of a call what they have approved. What is gone (404) cannot be changed any more. */
async function isToldAlike(call: StepCall<unknown>, context: ToolContext, sentence: Sentence) {
  try {
    return JSON.stringify(await tell(call, context)) === JSON.stringify(sentence)
  } catch (error) {
    if (toProblem(error).kind.status === 404) return true
    throw error
  }
}

function limitProblem({ tool }: StepCall<unknown>): ProblemError {
  return approvalProblem('APPROVAL_LIMIT_REACHED', `Nobody was asked about ${tool}.`)
}

/** A missing permission for which the user was not asked: the call may have been the wish of a text that the model has read. */
function unaskedProblem({ options: { upstream } }: ProblemError, needs: NeededRight): ProblemError {
  const right = `the permission ${needs.permission} of ${needs.api}`
  const hint = `Ask for just this in a new message, or let an administrator grant the agent identity ${right}.`
  const what = `The agent lacks ${right} to act for the user, who was not asked to consent to it.`
  return identityProblem('API_FORBIDDEN', what, { upstream, hint, extensions: { needs } })
}

function digestOf({ tool, arguments: args = {}, api = '', change }: StepCall<unknown>): string {
  return digestCall({ tool, toolHash: change?.toolHash ?? '', api, args })
}
