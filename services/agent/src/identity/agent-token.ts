import type { Claims } from '@entra-bedrock-agent/entra-tokens'
import type { Check, TokenCard } from '@entra-bedrock-agent/identity-trace'

/** TR: the agent's token for one API, after the agent has checked that it is what was asked for. */
export interface AgentToken {
  /** It goes to its API and nowhere else. */
  readonly raw: string
  readonly claims: Claims
  readonly source: TokenSource
}

/** How the agent came by a token. */
export interface TokenSource {
  /** 12 hex digits of the token's SHA-256, for traces. */
  readonly fingerprint: string
  readonly header: Claims
  /** The checks that the agent made; all of them passed. */
  readonly checks: readonly Check[]
  /** How often the sidecar was asked. */
  readonly attempts: number
  /** The correlation id of the request that brought it: another turn's, when equal requests were joined. */
  readonly correlationId: string
}

/** What the trace shows of a token that the agent has checked, and never the token itself. */
export function describeToken(
  named: Pick<TokenCard, 'role' | 'actsAs'>,
  claims: Claims,
  { fingerprint, header, checks }: Pick<TokenSource, 'fingerprint' | 'header' | 'checks'>,
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
