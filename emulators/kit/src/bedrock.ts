import { buildApp } from '../../bedrock/src/app.ts'
import { readConfig } from '../../bedrock/src/config.ts'
import { type Address, inject, listen, type RunningEmulator } from './emulator.ts'
import type { BedrockFault, BedrockRequest, ScriptStep } from './wire.ts'

export interface BedrockOptions extends Address {
  /** What the model says and calls, step by step in each conversation. Without it, the model follows a few rules. */
  readonly script?: readonly ScriptStep[]
}

/** A running Bedrock with one AWS account, and its STS. */
export type EmulatedBedrock = Awaited<ReturnType<typeof startBedrock>>

/** Starts a Bedrock in this process. @throws if the script is none */
export async function startBedrock({ script, ...address }: BedrockOptions = {}) {
  const config = readConfig({ LOG_LEVEL: 'silent' }, script)
  const app = buildApp(config)
  const handles: RunningEmulator<BedrockRequest> = await listen(app, app.controls, address)
  return Object.assign(handles, {
    /** The variables by which AWS's SDKs call it. */
    environment: {
      AWS_REGION: config.region,
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: handles.url,
      AWS_ENDPOINT_URL_STS: handles.url,
      AWS_ACCESS_KEY_ID: config.accessKey.accessKeyId,
      AWS_SECRET_ACCESS_KEY: config.accessKey.secretAccessKey,
    },
    /** Injects a fault into calls of the model: `using _ = bedrock.fault('ThrottlingException', { times: 1 })`. */
    fault(fault: BedrockFault, limits: { readonly times?: number } = {}): Disposable {
      const what = typeof fault === 'string' ? { kind: 'error', name: fault } : fault
      return inject(app.controls.faults, { fault: what, ...limits })
    },
  })
}
