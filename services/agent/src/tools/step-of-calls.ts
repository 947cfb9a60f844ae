import { type NeededRight, needsUser, redactText } from '@entra-bedrock-agent/identity-trace'
import { type ProblemError, toProblem } from '@entra-bedrock-agent/service-kit'
import { digestCall, idempotencyKey } from '../approval/call-digest.ts'
import { requireSame } from '../approval/decide.ts'
import type { Permit } from '../downstream/api-context.ts'
import { redactBody } from '../downstream/echoed-token.ts'
import { problem } from '../problems.ts'
import type { OpenStep, StepFacts } from '../turn/trace-recorder.ts'
import type { Turn } from '../turn/turn.ts'
import type { PendingCall, ResumedTurn, Wait } from '../turn/waiting.ts'
import type { Change, ToolContext } from './toolset.ts'

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
  run(context: ToolContext): Promise<Output>
}

/** How a call ended. */
export type CallEnd<Output> =
  | { readonly status: 'ok'; readonly output: Output }
  | { readonly status: 'failed'; readonly failure: ProblemError }
  /** The user denied the call, now or earlier in the turn. */
  | { readonly status: 'denied' }

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
}

/** How many calls of one step may change something. */
const changeLimit = 5

/** Whether a turn may call a tool: one that changes something needs a user who can approve, or must be allowed unattended. */
export function mayCall(
  { flow }: Pick<Turn, 'flow'>,
  { change }: { readonly change?: Change | undefined },
): boolean {
  return change === undefined || needsUser(flow) || change.unattended === true
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
    throw problem(
      'STEP_LIMIT_REACHED',
      `${changing.length} changes were asked for at once; ${changeLimit} are allowed.`,
    )
  for (const call of changing)
    if (!mayCall(turn, call)) throw problem('TOOL_NEEDS_A_PERSON', `${call.tool} was not called.`)
  const run = new Step<Output>(options)
  await Promise.all(calls.filter(({ change }) => !change).map(call => run.run(call)))
  for (const call of changing) {
    if (!needsUser(turn.flow)) await run.run(call)
    else run.ask(call)
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
  { continuation, decisions }: ResumedTurn,
  findCall: (pending: PendingCall) => StepCall<Output> | undefined,
): Promise<StepEnd<Output>> {
  const { pending, claims } = continuation
  const run = new Step<Output>(options)
  const calls = pending.map(waited => {
    const call = findCall(waited)
    const isDenied = decisions.get(waited.callId) === 'deny'
    if (!isDenied) requireSame(waited, call && { digest: digestOf(call), effect: call.change?.effect })
    return { waited, call, isDenied }
  })
  for (const { waited, call, isDenied } of calls) {
    if (waited.isAsked) run.noteDecision(waited, isDenied)
    if (isDenied || !call) run.deny(waited)
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
  return new Step(options).holdFailed(call, toProblem(error))
}

class Step<Output> {
  readonly #options: StepOptions
  readonly #ends = new Map<string, CallEnd<Output>>()
  readonly #fatal = new Map<string, unknown>()
  readonly #pending: PendingCall[] = []
  readonly #asked: StepCall<Output>[] = []
  #wait: Omit<Wait, 'pending'> | undefined

  constructor(options: StepOptions) {
    this.#options = options
  }

  get waits(): boolean {
    return this.#wait !== undefined
  }

  /** Notes that the user is to be asked about a call when the step ends, unless they have denied the call in this turn. */
  ask(call: StepCall<Output>): void {
    const { resumed, trace } = this.#turn
    if (!resumed?.denied.has(digestOf(call))) {
      this.#asked.push(call)
      return
    }
    trace.start(this.#describe(call), call.facts).ok()
    this.#ends.set(call.id, { status: 'denied' })
  }

  async run(call: StepCall<Output>, waited?: PendingCall, claims?: string): Promise<void> {
    const { context, isTellable } = this.#options
    const { turn } = context
    const step = turn.trace.start(this.#describe(call, waited?.stepId), call.facts)
    const [ending] = this.#fatal.values()
    if (call.change && ending !== undefined) {
      // An earlier call has failed so that the turn ends: nothing more may be changed.
      step.fail(toProblem(ending).toDocument(turn.requestId))
      return
    }
    if (call.change?.isIdempotent === false) turn.resumed?.spend()
    try {
      const output = await call.run(
        context.under(step.id, call.change && this.#permit(call, call.change, claims)),
      )
      step.ok()
      this.#ends.set(call.id, { status: 'ok', output })
    } catch (error) {
      turn.signal.throwIfAborted()
      const failure = toProblem(error)
      const wait = this.#waitFor(failure, call)
      if (wait) {
        step.wait()
        this.#hold(call, step, wait)
        return
      }
      step.fail(failure.toDocument(turn.requestId))
      if (isTellable(failure)) this.#ends.set(call.id, { status: 'failed', failure })
      else this.#fatal.set(call.id, error)
    }
  }

  holdFailed(call: StepCall<Output>, failure: ProblemError): Wait | undefined {
    const wait = this.#waitFor(failure, call)
    if (!wait) return undefined
    const step = this.#turn.trace.start(this.#describe(call), call.facts)
    step.wait()
    this.#hold(call, step, wait)
    return { ...wait, pending: this.#pending }
  }

  /** Records the user's decision below the step that waited. A completed step-up is not recorded: its sign-in is a step itself. */
  noteDecision({ tool, digest, stepId }: PendingCall, isDenied: boolean): void {
    const { trace, resumed } = this.#turn
    if (!resumed) return
    const { continuation, waitedMs } = resumed
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

  deny({ callId, tool, args, stepId }: PendingCall): void {
    this.#turn.trace.start(this.#describe({ tool, arguments: args }, stepId)).ok()
    this.#ends.set(callId, { status: 'denied' })
  }

  /** Lets a call wait again, until the call before it has run; the user is not asked about the later call again. */
  postpone(call: PendingCall): void {
    this.#pending.push({ ...call, isAsked: false })
  }

  /** @throws the failure of the first of these calls whose failure ends the turn */
  end(calls: readonly Pick<StepCall<Output>, 'id'>[]): StepEnd<Output> {
    for (const { id } of calls) if (this.#fatal.has(id)) throw this.#fatal.get(id)
    for (const call of this.#asked) this.#askNow(call)
    return { ends: this.#ends, wait: this.#wait && { ...this.#wait, pending: this.#pending } }
  }

  get #turn(): Turn {
    return this.#options.context.turn
  }

  #askNow(call: StepCall<Output>): void {
    // A turn waits for one thing at a time, and for approvals first.
    if (this.#wait?.kind !== 'approval') {
      this.#wait = { kind: 'approval' }
      for (const [index, other] of this.#pending.entries())
        this.#pending[index] = { ...other, isAsked: false }
    }
    const step = this.#turn.trace.start(this.#describe(call), call.facts)
    step.wait()
    this.#pending.push(this.#describePending(call, step))
  }

  #hold(call: StepCall<Output>, step: OpenStep, wait: Omit<Wait, 'pending'>): void {
    this.#wait ??= wait
    const { kind, right } = this.#wait
    const isAsked = kind === wait.kind && JSON.stringify(right) === JSON.stringify(wait.right)
    this.#pending.push({ ...this.#describePending(call, step), isAsked })
  }

  /** What the turn waits for after this failure of a call; `undefined` if the failure is final. */
  #waitFor(
    { code, options }: ProblemError,
    { change, api }: StepCall<Output>,
  ): Omit<Wait, 'pending'> | undefined {
    const { flow, pausesForConsent } = this.#turn
    if (!needsUser(flow)) return undefined
    const { claimsChallenge, needs } = { ...options.extensions } as {
      claimsChallenge?: string
      needs?: NeededRight
    }
    if (code === 'STEP_UP_REQUIRED' && change) return { kind: 'step-up', claims: claimsChallenge }
    if (!pausesForConsent || api === undefined) return undefined
    if (code === 'API_FORBIDDEN' && needs?.kind === 'scope') return { kind: 'consent', right: needs }
    // Asks for all scopes if no single one is known.
    const right = needs ?? { api, permission: '.default', kind: 'scope' }
    return code === 'CONSENT_REQUIRED' ? { kind: 'consent', right } : undefined
  }

  #permit(call: StepCall<Output>, { isIdempotent }: Change, claims: string | undefined): Permit {
    return { idempotencyKey: idempotencyKey(this.#turn.id, call.id, digestOf(call)), isIdempotent, claims }
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
      ...(change?.tell ? { note: change.tell(args) } : {}),
      args: { ...args },
      digest: digestOf(call),
      isAsked: true,
      stepId,
    }
  }
}

function digestOf({ tool, arguments: args = {}, api = '', change }: StepCall<unknown>): string {
  return digestCall({ tool, toolHash: change?.toolHash ?? '', api, args })
}
