import { type Static, Type } from 'typebox'
import { type BedrockErrorName, bedrockErrors } from '../bedrock/bedrock-error.ts'

const strict = { additionalProperties: false } as const

const afterEvents = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: 100_000,
    description: 'Events that are sent before it; 3 by default.',
  }),
)
const delayMs = Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 }))

const errorNames = Object.keys(bedrockErrors) as BedrockErrorName[]

/** Instead of an answer. */
const ErrorFault = Type.Object(
  {
    kind: Type.Literal('error', { description: 'An error answer by its name.' }),
    name: Type.Enum(errorNames),
    message: Type.Optional(Type.String()),
  },
  strict,
)
const HtmlFault = Type.Object(
  {
    kind: Type.Literal('html', { description: 'An HTML error page, as of a proxy on the way.' }),
    status: Type.Optional(Type.Integer({ minimum: 400, maximum: 599, description: '502 by default.' })),
  },
  strict,
)
const ResetFault = Type.Object(
  { kind: Type.Literal('reset', { description: 'The connection is cut before any answer.' }) },
  strict,
)
const HangFault = Type.Object({ kind: Type.Literal('hang', { description: 'No answer, ever.' }) }, strict)

/** In the middle of a stream. */
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
    message: Type.Optional(Type.String()),
  },
  strict,
)

/** The model itself behaves differently. */
const StopFault = Type.Object(
  {
    kind: Type.Literal('stop', { description: 'Another stop reason, with this text or none.' }),
    stopReason: Type.String({ minLength: 1 }),
    text: Type.Optional(Type.String({ minLength: 1 })),
  },
  strict,
)
const LimitFault = Type.Object(
  {
    kind: Type.Literal('limit', { description: 'As if the request had this maxTokens.' }),
    maxTokens: Type.Integer({ minimum: 1 }),
  },
  strict,
)
const ThinkFault = Type.Object(
  { kind: Type.Literal('think', { description: 'A reasoning block before the answer.' }) },
  strict,
)
const SlowFault = Type.Object(
  {
    kind: Type.Literal('slow', { description: 'Another pace.' }),
    firstTokenMs: delayMs,
    tokenDelayMs: delayMs,
  },
  strict,
)

export const Fault = Type.Union([
  ErrorFault,
  HtmlFault,
  ResetFault,
  HangFault,
  BreakFault,
  ExceptionFault,
  StopFault,
  LimitFault,
  ThinkFault,
  SlowFault,
])
export type Fault = Static<typeof Fault>

/** A fault in the middle of a stream. */
export type StreamFault = Extract<Fault, { afterEvents?: number }>

const streamFaults: ReadonlySet<string> = new Set<StreamFault['kind']>([
  'cut',
  'end',
  'garbage',
  'corrupt',
  'stall',
  'exception',
  'stream-error',
])

export function isStreamFault(fault: Fault | undefined): fault is StreamFault {
  return fault !== undefined && streamFaults.has(fault.kind)
}

/** A fault and when it strikes. */
export const FaultOrder = Type.Object(
  {
    fault: Fault,
    times: Type.Optional(
      Type.Integer({ minimum: 1, description: 'For this many requests; without it until cleared.' }),
    ),
    operation: Type.Optional(Type.Enum(['Converse', 'ConverseStream'])),
    principal: Type.Optional(Type.String({ description: 'Only for the caller with this ARN.' })),
  },
  strict,
)
export type FaultOrder = Static<typeof FaultOrder>
