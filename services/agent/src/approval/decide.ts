import { digestCall } from './call-digest.ts'
import type { Continuation, PendingCall } from './continuation.ts'
import { approvalProblem } from './problems.ts'

/** What the user decided about one call, with the digest of the call that was shown. */
export interface Decision {
  readonly callId: string
  readonly digest: string
  readonly decision: 'approve' | 'deny'
}

/** A tool as it is now. */
export interface OfferedTool {
  readonly toolHash: string
  readonly api: string
  /** Whether its calls still wait for approval. */
  readonly isSensitive: boolean
  /** Whether its schema takes these arguments. */
  accepts(args: unknown): boolean
}

/** The calls of a turn, by what was decided. */
export interface Decided {
  readonly approved: readonly PendingCall[]
  readonly denied: readonly PendingCall[]
}

/**
 * Decides which of the sealed calls are run. Arguments come from the seal, never from the request: its digests only prove what was
 * shown.
 *
 * @param findTool the tools that the turn would be offered now; `undefined` = none of this name
 * @throws {ProblemError} APPROVAL_INVALID unless each call is decided once and no other, APPROVAL_CHANGED for another digest, tool or
 * schema
 */
export function decide(
  { pending }: Continuation,
  decisions: readonly Decision[],
  findTool: (name: string) => OfferedTool | undefined,
): Decided {
  const byId = new Map(decisions.map(decision => [decision.callId, decision]))
  const isComplete = byId.size === decisions.length && decisions.length === pending.length
  if (!isComplete || !pending.every(({ callId }) => byId.has(callId)))
    throw approvalProblem('APPROVAL_INVALID', 'Each call has to be decided, once, and no other.')
  for (const call of pending) {
    if (byId.get(call.callId)?.digest !== call.digest || digestCall(call) !== call.digest)
      throw approvalProblem('APPROVAL_CHANGED', 'Another call was shown.')
    if (!isSame(call, findTool(call.tool)))
      throw approvalProblem('APPROVAL_CHANGED', 'The tool is another one now.')
  }
  const isApproved = ({ callId }: PendingCall) => byId.get(callId)?.decision === 'approve'
  return { approved: pending.filter(isApproved), denied: pending.filter(call => !isApproved(call)) }
}

function isSame({ toolHash, api, args }: PendingCall, tool: OfferedTool | undefined): boolean {
  return tool?.toolHash === toolHash && tool.api === api && tool.isSensitive && tool.accepts(args)
}
