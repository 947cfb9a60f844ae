import { type FaultOrder as AnyFaultOrder, Faults } from '@entra-bedrock-agent/emulator-kit'
import { type Static, Type } from 'typebox'
import { legs } from './leg.ts'

const strict = { additionalProperties: false } as const
const Code = Type.Integer({ minimum: 1, maximum: 99_999_999, description: 'AADSTS code.' })
const Target = Type.Object({ leg: Type.Enum(legs) }, strict)

/** Trouble that has no cause inside this emulator. */
export const Fault = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('refuse', { description: 'The refusal with this code.' }),
      code: Code,
      error: Type.Optional(Type.String({ maxLength: 64, description: 'OAuth error, if it is to differ.' })),
      status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599 })),
      retryAfterSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: 3_600 })),
    },
    strict,
  ),
  Type.Object(
    {
      kind: Type.Literal('conditional-access', {
        description: 'A claims challenge; users who sign in again with it pass.',
      }),
      code: Type.Optional(Code),
    },
    strict,
  ),
])
export type Fault = Static<typeof Fault>

export type FaultOrder = AnyFaultOrder<Static<typeof Target>, Fault>

export function newFaults() {
  return new Faults(Target, Fault)
}
