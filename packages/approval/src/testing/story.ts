import { ApiContext, type ApiContextOptions } from '@entra-agents/identity/core'
import { recordingLogger } from '@entra-agents/identity/testing/fixtures'
import { turnOf } from '@entra-agents/identity/testing/stage'
import { type ProblemError, toProblem } from '@entra-agents/service-kit'
import type { Decision, TraceStep } from '@entra-agents/trace'
import type { PausableTurn } from '../pausable-turn.ts'
import {
  type CallEnd,
  resumeStep,
  runStep,
  type StepCall,
  type StepEnd,
  type StepOptions,
} from '../step-of-calls.ts'
import type { ToolContext } from '../toolset.ts'
import type { ResumedTurn, Wait } from '../waiting.ts'

/** A call as a story gives it: it succeeds unless it has a failure. */
export interface StoryCall extends Omit<StepCall<string>, 'run'> {
  readonly failure?: ProblemError
  /** Whether its request was sent, so that it may have been carried out. */
  readonly isSent?: boolean
}

/** A part of a story: a step's calls run, or go on after the user's decisions about those that waited last. */
export interface Act {
  readonly calls: readonly StoryCall[]
  readonly decisions?: Readonly<Record<string, Decision['decision']>>
  /** Whether the decisions were made earlier in the turn, and the calls are those of a later step. */
  readonly isLaterStep?: boolean
  readonly mayWaitAgain?: boolean
  readonly turn?: Partial<PausableTurn>
  readonly options?: Partial<StepOptions>
}

/** The turn that waited, as it goes on after these decisions of its user. */
function resumedAfter(wait: Wait, { decisions = {}, mayWaitAgain = true }: Act): ResumedTurn {
  const { kind, pending, claims } = wait
  const denied = pending.filter(({ callId }) => decisions[callId] === 'deny')
  return {
    continuation: {
      turnId: 'turn-1',
      kind,
      message: 'Warn me.',
      pending,
      ...(claims === undefined ? {} : { claims }),
      pauses: 1,
      deniedPauses: 0,
      exp: 0,
      usage: null,
      tools: [],
      state: null,
    },
    decisions: new Map(Object.entries(decisions)),
    denied: new Set(denied.map(({ digest }) => digest)),
    waitedMs: 19_000,
    mayWaitAgain,
    approvedCalls: [],
    release: () => {},
  }
}

/** Names steps and digests by the order in which a story shows them first. */
type NameOf = (id: string) => string

/** What the user, the model, the trace and the audit log learn of a story, act by act. */
export async function tellStory(acts: readonly Act[]): Promise<readonly string[]> {
  const ids: string[] = []
  const nameOf: NameOf = id => {
    if (!ids.includes(id)) ids.push(id)
    return `#${ids.indexOf(id) + 1}`
  }
  const lines: string[] = []
  let waiting: Wait | undefined
  for (const act of acts) {
    const resumed = act.decisions && waiting && resumedAfter(waiting, act)
    const turn = { ...turnOf('ada'), notice: noticeIn(lines), resumed, ...act.turn }
    const { logger, lines: log } = recordingLogger()
    lines.push(`> ${headingOf(act)}`)
    const end = await play(act, turn, logger, lines).catch(toProblem)
    lines.push(...outcomeLines(end, nameOf))
    if ('wait' in end) waiting = end.wait ?? waiting
    for (const { isIdempotent, mayHaveRun } of resumed?.approvedCalls ?? [])
      lines.push(`  approved: ${isIdempotent ? 'idempotent' : 'once only'}, may have run: ${mayHaveRun}`)
    for (const step of turn.trace.steps) lines.push(`  trace ${traceText(step, nameOf)}`)
    for (const line of log) lines.push(`  audit ${auditText(line, nameOf)}`)
  }
  return lines
}

const noticeIn = (lines: string[]) => (problem: ProblemError) =>
  void lines.push(`  notice ${failureText(problem)}`)

function play(act: Act, turn: PausableTurn, logger: ApiContextOptions['logger'], lines: string[]) {
  const context = new ApiContext(
    { logger } as Partial<ApiContextOptions> as ApiContextOptions,
    turn,
    undefined,
  )
  const isTellable = ({ code }: ProblemError) => code === 'API_UNAVAILABLE'
  const options = { context, from: 'bedrock', isTellable, asksForConsent: true, ...act.options } as const
  const calls = act.calls.map(call => ({ ...call, run: runOf(call, lines) }))
  if (!turn.resumed || act.isLaterStep) return runStep(options, calls)
  return resumeStep(options, turn.resumed, ({ callId }) => calls.find(({ id }) => id === callId))
}

function headingOf({ decisions = {}, isLaterStep = false, calls }: Act): string {
  const decided = Object.entries(decisions).map(([id, decision]) => `${decision} ${id}`)
  const names = calls.map(({ id }) => id).join(', ')
  if (decided.length === 0) return `a step: ${names}`
  return `the user decided: ${decided.join(', ')}${isLaterStep ? `; a later step: ${names}` : ''}`
}

const runOf =
  ({ id, change, failure, isSent = false }: StoryCall, lines: string[]) =>
  async (context: ToolContext) => {
    const permit = change && context.permit
    const claims = permit?.claims === undefined ? '' : `, claims ${permit.claims}`
    lines.push(`  runs ${id}${permit ? `, key ${permit.idempotencyKey}${claims}` : ''}`)
    if (permit) permit.mayHaveRun = isSent
    if (failure) throw failure
    return `${id} done`
  }

function failureText({ code, message, options: { hint, extensions } }: ProblemError): string {
  const more = [hint, extensions && JSON.stringify(extensions)].filter(text => text !== undefined)
  return [`${code}: ${message}`, ...more].join(' ')
}

function outcomeLines(end: StepEnd<string> | ProblemError, nameOf: NameOf): string[] {
  if ('code' in end) return [`  the turn fails: ${failureText(end)}`]
  const ends = [...end.ends].map(([id, how]) => `  ${id}: ${endText(how)}`)
  return end.wait ? [...ends, ...waitLines(end.wait, nameOf)] : ends
}

function endText(end: CallEnd<string>): string {
  if (end.status === 'ok') return `ok, ${end.output}`
  return end.status === 'failed' ? `failed, ${failureText(end.failure)}` : end.status
}

function waitLines({ kind, pending, claims, right }: Wait, nameOf: NameOf): string[] {
  const demands = [claims, right && JSON.stringify(right)].filter(demand => demand !== undefined)
  const calls = pending.map(({ callId, isAsked, stepId, digest, tool, args, api, ...others }) => {
    const place = `${callId} in ${nameOf(stepId)}`
    const call = `${tool}(${JSON.stringify(args)}) of ${api} (digest ${nameOf(digest)})`
    return `    ${isAsked ? 'asks about' : 'does not ask about'} ${place}: ${call} ${JSON.stringify(others)}`
  })
  return [`  waits for ${[kind, ...demands].join(', ')}`, ...calls]
}

function traceText(step: TraceStep, nameOf: NameOf): string {
  const { id, parentId, kind, status, from, to, title, tool, approval, problem } = step
  const place = `${nameOf(id)}${parentId === undefined ? '' : ` below ${nameOf(parentId)}`}`
  const call = tool ? `${tool.name}(${JSON.stringify(tool.arguments)})` : 'no call'
  const details = [
    kind !== 'tool' || call === title ? undefined : call,
    approval && `${approval.decision} of ${nameOf(approval.digest)} after ${approval.waitedMs} ms`,
    problem?.code,
  ].filter(detail => detail !== undefined)
  return [`${place} ${from} → ${to}, ${kind} ${status}: ${title}`, ...details].join(', ')
}

function auditText(line: string, nameOf: NameOf): string {
  const { audit, agent, onBehalfOf, flow, correlationId, tool, api, ...entry } = JSON.parse(line)
  const { code, needs, digest } = entry
  const details = [code, needs && JSON.stringify(needs), digest && `digest ${nameOf(digest)}`]
  return [
    `${audit}: ${agent} for ${onBehalfOf} by ${flow} in ${correlationId}`,
    `${tool} of ${api}`,
    ...details.filter(detail => detail !== undefined),
  ].join(', ')
}
