import type { Flow } from '@entra-agents/trace'
import type { AgentIdentity } from './agent-identity.ts'
import type { VerifiedUserToken } from './agent-token.ts'
import type { DownstreamApi } from './downstream-api.ts'

/** A request for TR: agent, flow, user and API. */
export interface TokenRequest {
  readonly agent: AgentIdentity
  readonly flow: Flow
  readonly api: DownstreamApi
  /** Required in flows on behalf of a user; not sent in others. */
  readonly user: VerifiedUserToken | undefined
  /** A GUID that the sidecar hands on to Entra, whose sign-in logs show it. */
  readonly correlationId: string
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
  /** Whether the sidecar must bypass its cache, since an API refused the token that the cache has. */
  readonly isNew?: boolean
  /** The claims that a new token has to prove (JSON text of a claims request). */
  readonly claims?: string | undefined
}

/** A token as its source got it. */
export interface ObtainedToken {
  readonly raw: string
  /** How many times it was asked for; 0 if it was kept from before. */
  readonly attempts: number
  /** The tokens that the source saw on the way to it: traces show them decoded, never as they are. */
  readonly exchanged?: readonly { readonly role: 'T1' | 'T2'; readonly raw: string }[]
}

/**
 * Where agents' tokens come from: `sidecar`, or `msal` of the entry `/msal`. It obtains tokens, and may keep them; it need not check
 * them, which the client does with each.
 */
export interface TokenSource {
  /** Who asks Entra, as traces call it: the sidecar, or the process of the agent itself. */
  readonly actor: 'sidecar' | 'agent'
  /**
   * Obtains TR for exactly this agent, flow, user and API. Ends when `signal` is aborted.
   *
   * @throws {IdentityError} or the signal's reason
   */
  requestToken(request: TokenRequest): Promise<ObtainedToken>
  /** The request as traces show it, without tokens. */
  urlOf(request: TokenRequest): string
  close(): Promise<void>
}
