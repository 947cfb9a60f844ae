import { type Static, Type } from 'typebox'
import type { Access } from './access.ts'

const Check = Type.Object(
  {
    name: Type.Enum(['signature', 'issuer', 'audience', 'lifetime', 'tenant', 'caller', 'permission']),
    ok: Type.Boolean(),
  },
  { additionalProperties: false },
)

/** What this service found out about the token of a request. */
export const Validated = Type.Object(
  {
    flow: Type.Enum(['autonomous', 'obo']),
    caller: Type.String({
      description: 'Client id of the agent identity, or of another allowed client, that called.',
    }),
    on_behalf_of: Type.Union([Type.String(), Type.Null()], {
      description: 'Object id of the user for whom it called; null when it called as itself.',
    }),
    signature_verified: Type.Boolean(),
    checks: Type.Array(Check, { description: 'The checks that the token passed.' }),
  },
  { additionalProperties: false },
)

/** Tells the caller what was checked of its token. */
export function describeAccess({
  identity: { flow, caller, objectId },
  checks,
}: Access): Static<typeof Validated> {
  return {
    flow,
    caller,
    on_behalf_of: flow === 'obo' ? objectId : null,
    signature_verified: checks.includes('signature'),
    checks: checks.map(name => ({ name, ok: true })),
  }
}
