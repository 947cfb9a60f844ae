import type { ServerResponse } from 'node:http'
import {
  type InjectedFault as AnyInjectedFault,
  Emulator,
  type FaultKinds,
  faultKind,
  strictObject,
} from '@entra-agents/emulator-kit'
import { Type } from 'typebox'
import type { AccountChanges } from '../account/account.ts'
import { accessStates, lifecycles, models } from '../account/models.ts'
import { PolicyDocument } from '../account/policy.ts'
import { type InputUsage, PromptCache } from '../account/prompt-cache.ts'
import type { Config } from '../config.ts'
import { CloudTrail } from '../logs/cloud-trail.ts'
import { type Reply, say } from '../model/reply.ts'
import { Script } from '../model/script.ts'
import { BedrockError, type BedrockErrorName, bedrockErrors } from '../wire/bedrock-error.ts'
import { encodeEvent, encodeMessage } from '../wire/event-stream.ts'

/** How a stream breaks in its middle. */
export interface StreamBreak {
  /** How many events are sent before the break. */
  readonly afterEvents: number
  /** Called after these events to end the stream; does nothing if the fault leaves the stream open. */
  end(raw: ServerResponse): void
}

/** What a fault does to a call. */
interface FaultEffect {
  /** The error that is sent instead of an answer. */
  readonly error?: BedrockError
  /** The answer that is sent instead of the model's own. */
  readonly answer?: Reply
  readonly breaks?: StreamBreak
}

const Text = Type.Optional(Type.String())
const afterEvents = Type.Optional(Type.Integer({ minimum: 0, description: '3 by default.' }))

/** A fault that breaks the stream after `afterEvents` events by calling `end`. */
const breakFault = (does: string, end: StreamBreak['end']) =>
  faultKind(does, { afterEvents }, ({ afterEvents = 3 }): FaultEffect => ({ breaks: { afterEvents, end } }))

/** A fault that ends the stream with one more frame, made from the fault's `type` and `message`. */
const frameFault = (does: string, frame: (type: string, message: string) => Uint8Array) =>
  faultKind(does, { afterEvents, type: Type.String(), message: Text }, (fault): FaultEffect => {
    const { afterEvents = 3, type, message = 'The model stopped in the middle of its answer.' } = fault
    return { breaks: { afterEvents, end: raw => raw.end(frame(type, message)) } }
  })

/** The faults of Bedrock, in addition to the transport faults. */
export const faults = {
  error: faultKind(
    'An error by its name.',
    { name: Type.Enum(Object.keys(bedrockErrors) as BedrockErrorName[]), message: Text },
    ({ name, message }): FaultEffect => ({ error: new BedrockError(name, message) }),
  ),
  cut: breakFault('The connection ends in the middle of the stream.', raw => raw.socket?.destroySoon()),
  end: breakFault('The stream ends cleanly, but too early.', raw => raw.end()),
  stall: breakFault('The stream stays open and sends nothing more.', () => {}),
  garbage: breakFault('An event that is no JSON.', raw =>
    raw.end(encodeEvent('contentBlockDelta', '{"contentBlockIndex":')),
  ),
  corrupt: breakFault('A frame with a wrong checksum.', raw =>
    raw.end(spoilChecksum(encodeEvent('contentBlockDelta', '{"contentBlockIndex":0,"delta":{"text":"…"}}'))),
  ),
  exception: frameFault('An exception in the stream, such as modelStreamErrorException.', (type, message) =>
    encodeMessage(
      { 'exception-type': type, 'content-type': 'application/json', 'message-type': 'exception' },
      JSON.stringify({ message }),
    ),
  ),
  'stream-error': frameFault('A frame of type error in the stream.', (type, message) =>
    encodeMessage({ 'error-code': type, 'error-message': message, 'message-type': 'error' }, ''),
  ),
  stop: faultKind(
    'Another stop reason, such as refusal, with this text or none.',
    { stopReason: Type.String(), text: Text },
    ({ stopReason, text }): FaultEffect => ({
      answer: { ...(text ? say(text) : { blocks: [] }), stopReason },
    }),
  ),
} satisfies FaultKinds<FaultEffect>

function spoilChecksum(bytes: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 0xff : byte))
}

/** A fault is for all operations, so it needs no target. */
export const FaultTarget = strictObject({})
export type InjectedFault = AnyInjectedFault<typeof FaultTarget, typeof faults>

/** What the request log shows of a request; never a credential. */
export interface RequestDetails extends InputUsage {
  /** `Converse`, `ConverseStream`, or the action of STS. */
  readonly operation: string
  readonly principal: string
  /** The request id, as CloudTrail and the header `x-amzn-requestid` show it. */
  readonly requestId: string
  readonly modelId: string
  /** Name of the error that was sent. */
  readonly error: string
  readonly stopReason: string
  readonly eventsSent: number
  /** `client-closed` means that the caller closed the connection before the end of the response. */
  readonly outcome: 'complete' | 'broken' | 'client-closed'
}

interface SettingValues extends AccountChanges {
  /** The time from the request to the first event of the answer's stream. */
  readonly firstTokenMs: number
  readonly tokenDelayMs: number
  readonly obeysResults: boolean
  readonly script?: Script | undefined
}

const DelayMs = Type.Integer({ minimum: 0, maximum: 600_000 })
const ModelChange = strictObject({
  lifecycle: Type.Optional(Type.Enum([...lifecycles])),
  access: Type.Optional(Type.Enum([...accessStates])),
  contextTokens: Type.Optional(Type.Integer({ minimum: 1 })),
})
const settingSchemas = {
  firstTokenMs: DelayMs,
  tokenDelayMs: DelayMs,
  sessionSeconds: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
  models: Type.Partial(Type.Object(Object.fromEntries(models.map(({ id }) => [id, ModelChange]))), {
    additionalProperties: false,
  }),
  policies: Type.Record(Type.String(), PolicyDocument),
  obeysResults: Type.Boolean({
    description: 'Whether the model does what tools’ results ask it for, behind “Assistant:”.',
  }),
  script: Type.Union([Script, Type.Null()]),
}

/** The control plane of the emulator. */
export class Controls extends Emulator<RequestDetails, typeof FaultTarget, typeof faults, SettingValues> {
  readonly promptCache = new PromptCache(this.clock)
  readonly trail: CloudTrail

  constructor({ region, accountId, allowedHosts, pace, obeysResults, script }: Config) {
    super({
      about: { emulates: ['bedrock-runtime', 'sts'], region, account: accountId },
      allowedHosts,
      target: FaultTarget,
      faults,
      settings: {
        change: settingSchemas,
        initial: { ...pace, obeysResults, script, models: {}, policies: {} },
      },
    })
    this.trail = new CloudTrail({ region, accountId }, this.clock)
  }

  override reset(): void {
    super.reset()
    this.promptCache.clear()
    this.trail.clear()
  }
}
