import type { Decision } from '@entra-agents/trace'
import { digestCall } from './call-digest.ts'
import { approvalProblem } from './problems.ts'
import type { Continuation, PendingCall, ResumedTurn } from './waiting.ts'

/**
 * Reads what the user decided about the calls that were shown. Arguments come from the seal, never from the request:
 * the request has only digests, which prove which calls were shown.
 *
 * @throws {ProblemError} APPROVAL_INVALID unless exactly these calls are decided, each once; APPROVAL_CHANGED if a digest differs
 */
export function readDecisions(
  { pending }: Pick<Continuation, 'pending'>,
  decisions: readonly Decision[],
): ResumedTurn['decisions'] {
  const byId = new Map(decisions.map(decision => [decision.callId, decision]))
  const asked = pending.filter(({ isAsked }) => isAsked)
  const isComplete = byId.size === decisions.length && decisions.length === asked.length
  if (!isComplete || !asked.every(({ callId }) => byId.has(callId)))
    throw approvalProblem('APPROVAL_INVALID', 'Each call has to be decided, once, and no other.')
  const wasShown = (call: PendingCall) =>
    byId.get(call.callId)?.digest === call.digest && digestCall(call) === call.digest
  if (!asked.every(wasShown)) throw approvalProblem('APPROVAL_CHANGED', 'Another call was shown.')
  return new Map(decisions.map(({ callId, decision }) => [callId, decision]))
}

/**
 * Checks that a call is still the one that the user was asked about.
 *
 * @param now the call as it would be made now; `undefined` if the tool is gone, or does not take these arguments
 * @throws {ProblemError} APPROVAL_CHANGED
 */
export function requireSame(
  { digest, effect }: PendingCall,
  now: { readonly digest: string; readonly effect: PendingCall['effect'] | undefined } | undefined,
): void {
  if (now?.digest === digest && now.effect === effect) return
  throw approvalProblem('APPROVAL_CHANGED', 'The tool is another one now.')
}
