import type { Access } from './access.ts'
import { type CallerFlow, type CallerKind, callerKinds } from './caller.ts'
import type { CheckName } from './token-refused.ts'

/** What an API found in a token, as the member `validated` of its responses. */
export interface Validated {
  readonly flow: CallerFlow
  readonly kind: CallerKind | undefined
  /** Client id of the agent identity, or of another allowed client, that called. */
  readonly caller: string
  /** Object id of the user for whom it called, or of its agent user; `null` when it called as itself. */
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
