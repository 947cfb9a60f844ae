import type {
  Flow,
  Mode,
  Pause,
  TokenCard,
  TokenRole,
  TraceStep,
  TurnResult,
  TurnStart,
} from '@entra-agents/trace'

/** What is known of the pause of a turn that waits; somebody who has only its steps knows nothing but that it waits. */
export type KnownPause = Partial<Pick<Pause, 'kind' | 'calls' | 'claimsChallenge' | 'consent'>>

/** What the Identity Trace shows of an answer. */
export interface TracedAnswer {
  readonly question: {
    readonly message: string
    readonly agent: string
    readonly mode: Mode
    readonly flow: Flow
  }
  readonly state: 'running' | 'waiting' | 'done' | 'failed' | 'stopped'
  readonly turn: TurnStart | undefined
  /** How far the agent's clock was ahead of the browser's; the lifetime of tokens follows the clocks of servers. */
  readonly clockAheadMs?: number
  readonly steps: readonly TraceStep[]
  readonly result?: Pick<TurnResult, 'timing' | 'tools'> | undefined
  /** The pause of a turn that waits. */
  readonly pause?: KnownPause
}

/** The key that two cards of the same token share; an unobserved token has no fingerprint, so its role is the key. */
export function tokenKey({ role, fingerprint }: TokenCard): string {
  return fingerprint ?? role
}

/** The tokens of a trace, each once and as its latest step shows it: a card gains checks while the turn goes on. */
export function tokensOf(steps: readonly TraceStep[]): TokenCard[] {
  const tokens = new Map<string, TokenCard>()
  for (const { token } of steps) if (token) tokens.set(tokenKey(token), token)
  return [...tokens.values()]
}

/** The role of the token that a step carries: of its own token, or of the token that its request was sent with. */
export function carriedTokenRole({ token, request }: TraceStep): TokenRole | undefined {
  if (token) return token.role
  const authorization = Object.entries(request?.headers ?? {}).find(([name]) => /^authorization$/i.test(name))
  return /\b(Tc|T1|TR)\b/.exec(authorization?.[1] ?? '')?.[1] as TokenRole | undefined
}
