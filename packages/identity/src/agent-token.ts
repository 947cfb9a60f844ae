import type { Check, TokenCard } from '@entra-agents/trace'
import type { TraceRecorder } from './trace-recorder.ts'

/** A token that the agent has checked. */
interface CheckedToken {
  /** 12 hex digits of the token's SHA-256, for traces and logs. */
  readonly fingerprint: string
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  /** The checks that the agent made; all of them passed. */
  readonly checks: readonly Check[]
}

/** Tc: the user's token for the blueprint. */
export interface VerifiedUserToken extends CheckedToken {
  /** The token itself, which goes to the sidecar and nowhere else. */
  readonly raw: string
  readonly objectId: string
}

/** TR: the agent's token for one API, checked to be the one that was asked for. */
export interface AgentToken extends CheckedToken {
  /** The token itself, which goes to its API and nowhere else. */
  readonly raw: string
  /** How many times it was asked for; 0 if its source kept it from before. */
  readonly attempts: number
  /** The tokens that its source exchanged for it, as far as the source saw them. */
  readonly exchanged: readonly TokenCard[]
  /** Whether it was asked for past the cache of its source. */
  readonly isNew: boolean
  /** The correlation id of the request that obtained the token: another turn's, if equal requests were joined. */
  readonly correlationId: string
}

/** @internal The trace's card of a token that the agent has checked; it never has the token itself. */
export function describeToken(
  named: Pick<TokenCard, 'role' | 'actsAs'>,
  { fingerprint, header, claims, checks }: CheckedToken,
): TokenCard {
  return {
    ...named,
    observed: true,
    fingerprint,
    header: { ...header },
    claims: { ...claims },
    verifiedBy: [{ actor: 'agent', checks: [...checks] }],
  }
}

/** @internal Records that the user's token arrived, as the first step of a trace. */
export function noteSignIn(trace: TraceRecorder, token: VerifiedUserToken): void {
  trace.note('ok', {
    kind: 'sign-in',
    from: 'user',
    to: 'agent',
    title: 'The user’s token arrived and passed the agent’s checks',
    token: describeToken({ role: 'Tc' }, token),
  })
}
