import type { FaultOrder as Order } from '@entra-bedrock-agent/emulator-kit'
import { type Static, Type } from 'typebox'
import { type BedrockErrorName, bedrockErrors } from '../wire/bedrock-error.ts'

const strict = { additionalProperties: false } as const
const Text = Type.Optional(Type.String())
/** How many events are sent before it. */
const afterEvents = Type.Optional(Type.Integer({ minimum: 0 }))

/** An error response by its name; without its type, only status and message tell. */
const ErrorFault = Type.Object(
  {
    kind: Type.Literal('error'),
    name: Type.Enum(Object.keys(bedrockErrors) as BedrockErrorName[]),
    message: Text,
    withoutType: Type.Optional(Type.Boolean()),
  },
  strict,
)

/**
 * A stream whose connection dies (`cut`), that ends cleanly but too early, holds an event that is no JSON (`garbage`)
 * or a frame with a wrong checksum (`corrupt`), or falls silent (`stall`).
 */
const BreakFault = Type.Object(
  { kind: Type.Enum(['cut', 'end', 'garbage', 'corrupt', 'stall']), afterEvents },
  strict,
)
/** A modelled exception in a stream, such as `modelStreamErrorException`, or a frame of type error. */
const ExceptionFault = Type.Object(
  { kind: Type.Enum(['exception', 'stream-error']), afterEvents, type: Type.String(), message: Text },
  strict,
)
/** Trouble in the middle of a stream. */
const StreamFault = Type.Union([BreakFault, ExceptionFault])
export type StreamFault = Static<typeof StreamFault>

/** Another stop reason, with this text or none. */
const StopFault = Type.Object({ kind: Type.Literal('stop'), stopReason: Type.String(), text: Text }, strict)
/** A reasoning block before the answer. */
const ThinkFault = Type.Object({ kind: Type.Literal('think') }, strict)

/** What a call can be struck by, beside the faults of the way to it. */
export const Fault = Type.Union([ErrorFault, StreamFault, StopFault, ThinkFault])
export type Fault = Static<typeof Fault>

export const FaultTarget = Type.Object(
  { operation: Type.Optional(Type.Enum(['Converse', 'ConverseStream'])) },
  strict,
)
export type FaultOrder = Order<Static<typeof FaultTarget>, Fault>
