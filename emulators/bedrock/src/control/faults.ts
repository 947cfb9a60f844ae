import type { FaultOrder as Order } from '@entra-bedrock-agent/emulator-kit'
import { type Static, Type } from 'typebox'
import { type BedrockErrorName, bedrockErrors } from '../wire/bedrock-error.ts'

const strict = { additionalProperties: false } as const
const Text = Type.Optional(Type.String())
const afterEvents = Type.Optional(
  Type.Integer({ minimum: 0, description: 'Events that are sent before it; 3 by default.' }),
)

const ErrorFault = Type.Object(
  {
    kind: Type.Literal('error', { description: 'An error response by its name.' }),
    name: Type.Enum(Object.keys(bedrockErrors) as BedrockErrorName[]),
    message: Text,
    withoutType: Type.Optional(
      Type.Boolean({ description: 'Without x-amzn-errortype, so that only status and message tell.' }),
    ),
  },
  strict,
)

const BreakFault = Type.Object(
  {
    kind: Type.Enum(['cut', 'end', 'garbage', 'corrupt', 'stall'], {
      description:
        'cut: the connection dies; end: the stream ends cleanly, but too early; garbage: an event that is no JSON; corrupt: a frame with a wrong checksum; stall: silence.',
    }),
    afterEvents,
  },
  strict,
)
const ExceptionFault = Type.Object(
  {
    kind: Type.Enum(['exception', 'stream-error'], {
      description: 'exception: a modelled exception frame; stream-error: a frame of type error.',
    }),
    afterEvents,
    type: Type.String({ minLength: 1, description: 'Such as modelStreamErrorException.' }),
    message: Text,
  },
  strict,
)
/** Trouble in the middle of a stream. */
export const StreamFault = Type.Union([BreakFault, ExceptionFault])
export type StreamFault = Static<typeof StreamFault>

const StopFault = Type.Object(
  {
    kind: Type.Literal('stop', { description: 'Another stop reason, with this text or none.' }),
    stopReason: Type.String({ minLength: 1 }),
    text: Text,
  },
  strict,
)
const ThinkFault = Type.Object(
  { kind: Type.Literal('think', { description: 'A reasoning block before the answer.' }) },
  strict,
)

/** What a call can be struck by, beside the faults of the way to it. */
export const Fault = Type.Union([ErrorFault, StreamFault, StopFault, ThinkFault])
export type Fault = Static<typeof Fault>

export const FaultTarget = Type.Object(
  { operation: Type.Optional(Type.Enum(['Converse', 'ConverseStream'])) },
  strict,
)
export type FaultOrder = Order<Static<typeof FaultTarget>, Fault>
