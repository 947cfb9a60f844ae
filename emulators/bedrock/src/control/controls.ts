import { Emulator, strictObject } from '@entra-agents/emulator-kit'
import { Type } from 'typebox'
import type { AccountChanges } from '../account/account.ts'
import { accessStates, lifecycles, models } from '../account/models.ts'
import { PolicyDocument } from '../account/policy.ts'
import { type InputUsage, PromptCache } from '../account/prompt-cache.ts'
import type { Config } from '../config.ts'
import { Script } from '../model/script.ts'
import { FaultTarget, faults } from './faults.ts'

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
  script: Type.Union([Script, Type.Null()]),
}

/** The control plane of the emulator. */
export class Controls extends Emulator<RequestDetails, typeof FaultTarget, typeof faults, SettingValues> {
  readonly promptCache = new PromptCache(this.clock)

  constructor({ region, accountId, allowedHosts, pace, script }: Config) {
    super({
      about: { emulates: ['bedrock-runtime', 'sts'], region, account: accountId },
      allowedHosts,
      target: FaultTarget,
      faults,
      settings: { change: settingSchemas, initial: { ...pace, script, models: {}, policies: {} } },
    })
  }

  override reset(): void {
    super.reset()
    this.promptCache.clear()
  }
}
