import type { JWTPayload } from 'jose'
import type { TraceContext } from '../entra/connection.ts'
import type { ApiOptions } from '../settings/downstream-apis.ts'

/** A caller who sent a valid token. */
export interface User {
  readonly token: string
  /** SHA-256 of the token, for keys of caches. */
  readonly tokenHash: string
  readonly claims: JWTPayload
}

/** `username` or `user_id` with its value. */
export type AgentAccount = readonly [field: 'username' | 'user_id', value: string]

/** The agent identity that is to act; with `account`, it acts as its own user account. */
export interface AgentSelection {
  readonly agentId: string
  readonly account: AgentAccount | undefined
}

/** Everything that decides whose token is acquired, and how. */
export interface TokenRequest {
  readonly options: ApiOptions
  readonly agent: AgentSelection | undefined
  readonly user: User | undefined
  readonly trace: TraceContext
}
