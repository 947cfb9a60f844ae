import { type CallerFlow, type CallerKind, callerKinds } from './caller.ts'
import type { Caller } from './resource-server.ts'
import type { CheckName } from './token-refused.ts'

/** What an API found in a token, as the member `validated` of its responses. */
export interface Validated {
  readonly flow: CallerFlow
  readonly kind: CallerKind
  /** Client id of the caller, which is the agent identity or another allowed client. */
  readonly caller: string
  /** Object id of the user for whom the caller acts, or of the caller's agent user; `null` when the caller acts as itself. */
  readonly on_behalf_of: string | null
  readonly signature_verified: boolean
  /** The checks that the token passed. */
  readonly checks: { readonly name: CheckName; readonly ok: true }[]
}

/** Makes `validated` of a caller. */
export function describeAccess({ flow, kind, caller, objectId, checks }: Caller): Validated {
  return {
    flow,
    kind,
    caller,
    on_behalf_of: callerKinds[kind].isDelegated ? objectId : null,
    signature_verified: checks.includes('signature'),
    checks: checks.map(name => ({ name, ok: true })),
  }
}
