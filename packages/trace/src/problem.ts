import { type Static, Type } from 'typebox'
import { strictObject } from './strict-object.ts'

/** A right at an API: an app role (the agent's own) or a delegated scope (of the user it acts for). */
export const NeededRight = strictObject({
  /** The API's name, as in traces. */
  api: Type.String(),
  permission: Type.String(),
  kind: Type.Enum(['scope', 'role']),
})
export type NeededRight = Static<typeof NeededRight>

/** The members of every problem (RFC 9457). `detail` says what happened, `hint` what to do. */
export const problemMembers = {
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  hint: Type.String(),
  requestId: Type.String(),
  /** Present only if requests are traced. */
  traceId: Type.Optional(Type.String()),
  upstream: Type.Optional(
    strictObject({
      service: Type.String(),
      status: Type.Optional(Type.Integer()),
      code: Type.Optional(Type.String()),
      /** The id of the request in the logs of Entra or AWS. */
      requestId: Type.Optional(Type.String()),
      correlationId: Type.Optional(Type.String()),
    }),
  ),
  /** The token check that failed, by the API's name for the check. */
  failedCheck: Type.Optional(Type.String()),
}

/** A problem of the agent. */
export const Problem = strictObject({
  ...problemMembers,
  /** The right that is missing. */
  needs: Type.Optional(NeededRight),
  /** The call was sent, and nobody knows whether it was carried out. */
  mayHaveBeenDone: Type.Optional(Type.Literal(true)),
  /** A Conditional Access policy refused the token, and no sign-in changes that. */
  blockedByPolicy: Type.Optional(Type.Literal(true)),
  /** Object ids of the policies, if Entra names them; only with `blockedByPolicy`. */
  policyIds: Type.Optional(Type.Array(Type.String())),
  /** A Conditional Access challenge (JSON text) that the page hands to MSAL; only with CONDITIONAL_ACCESS_REQUIRED. */
  claimsChallenge: Type.Optional(Type.String()),
})
export type Problem = Static<typeof Problem>
