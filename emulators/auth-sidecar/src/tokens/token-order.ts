import type { FormField } from '../credentials/credential.ts'
import type { TraceContext } from '../entra/trace.ts'
import type { SignedInPerson } from '../inbound/authentication.ts'
import type { ApiOptions } from '../settings/downstream-apis.ts'

/** The agent identity that is to act; with a user account of its own it acts as that. */
export interface AgentSelection {
  readonly agentId: string
  /** `username` or `user_id` with its value. */
  readonly user: FormField | undefined
}

/** Everything that decides whose token is acquired, and how. */
export interface TokenOrder {
  readonly options: ApiOptions
  readonly agent: AgentSelection | undefined
  /** Whoever called the sidecar with a token of their own. */
  readonly person: SignedInPerson | undefined
  readonly trace: TraceContext
}
