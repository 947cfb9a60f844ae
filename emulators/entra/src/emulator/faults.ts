import { type InjectedFault as AnyInjectedFault, faultKind, strictObject } from '@entra-agents/emulator-kit'
import { Type } from 'typebox'
import { policiesChallenge } from '../conditional-access/claims.ts'
import { EntraError } from '../errors/entra-error.ts'
import { legs } from './leg.ts'

const AadstsCode = Type.Integer({ minimum: 1, maximum: 99_999_999, description: 'AADSTS code.' })

/** The policy id in the claims challenge that a `conditional-access` fault sends. */
export const faultPolicyId = '5f1b2c1e-7d1c-4f0e-9a46-0c4f2a6d9b11'

export const FaultTarget = strictObject({ leg: Type.Enum(legs) })

/** The faults of this emulator alone, each an `EntraError` to throw. The transport faults are common to all emulators. */
export const faults = {
  refuse: faultKind(
    'The refusal with this code.',
    {
      code: AadstsCode,
      error: Type.Optional(Type.String({ maxLength: 64, description: 'OAuth error, if it is to differ.' })),
      status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
      retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600 })),
    },
    ({ code, error, status, retryAfterSeconds }) => {
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }
      return new EntraError(code, {}, { error, status, headers })
    },
  ),
  'conditional-access': faultKind(
    'A claims challenge; users who sign in again with it pass.',
    { code: Type.Optional(AadstsCode) },
    ({ code = 50076 }) => new EntraError(code, {}, { claims: policiesChallenge([faultPolicyId]) }),
  ),
}

export type InjectedFault = AnyInjectedFault<typeof FaultTarget, typeof faults>
