import { callerKinds, checkNames, type Validated as ValidatedToken } from '@entra-agents/tokens'
import { strictObject } from '@entra-agents/trace'
import { Type } from 'typebox'

const Check = strictObject({ name: Type.Enum(checkNames), ok: Type.Boolean() })

/** What the token check found in the token of a request. */
export const Validated = strictObject({
  flow: Type.Unsafe<ValidatedToken['flow']>(
    Type.Enum([...new Set(Object.values(callerKinds).map(({ flow }) => flow))]),
  ),
  kind: Type.Unsafe<ValidatedToken['kind']>({
    ...Type.Enum(Object.keys(callerKinds)),
    description: 'An ordinary client or an agent identity, as itself or for a user, or an agent user.',
  }),
  caller: Type.String({
    description: 'Client id of the agent identity, or of another allowed client, that called.',
  }),
  on_behalf_of: Type.Union([Type.String(), Type.Null()], {
    description:
      'Object id of the user for whom it called, or of its agent user; null when it called as itself.',
  }),
  signature_verified: Type.Boolean(),
  checks: Type.Array(Check, { description: 'The checks that the token passed.' }),
})

/** What the token check found in a token that it refused. */
export const FailedChecks = Type.Array(
  strictObject({ name: Type.Enum([...checkNames, 'format']), ok: Type.Boolean() }),
  { description: 'The checks of the token that were made, in their order: all passed but the last.' },
)
