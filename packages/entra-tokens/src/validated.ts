import type { Access } from './access.ts'
import { type CallerFlow, type CallerKind, callerKinds } from './caller.ts'
import type { CheckName } from './token-refused.ts'

/** What an API found in a token, as the member `validated` of its responses. */
export interface Validated {
  readonly flow: CallerFlow
  readonly kind: CallerKind | undefined
  /** Client id of the caller, which is the agent identity or another allowed client. */
  readonly caller: string
  /** Object id of the user for whom the caller acts, or of the caller's agent user; `null` when the caller acts as itself. */
  readonly on_behalf_of: string | null
  readonly signature_verified: boolean
  /** The checks that the token passed. */
  readonly checks: { readonly name: CheckName; readonly ok: true }[]
}

/** Makes `validated` of an access decision. */
export function describeAccess({ identity, checks }: Access): Validated {
  const { flow, kind, caller, objectId } = identity
  return {
    flow,
    kind,
    caller,
    on_behalf_of: kind && callerKinds[kind].isDelegated ? objectId : null,
    signature_verified: checks.includes('signature'),
    checks: checks.map(name => ({ name, ok: true })),
  }
}
