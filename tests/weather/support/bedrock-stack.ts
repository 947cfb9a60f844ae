import { afterAll, beforeAll } from 'vitest'
import { EmulatedAws, staticKeys } from '../../contract/bedrock/emulated-aws.ts'
import { Stack } from './stack.ts'

/** The whole system with emulated AWS for the tests of a file. */
export function useBedrockStack(): { readonly aws: EmulatedAws; readonly agentUrl: string } {
  let aws: EmulatedAws
  let stack: Stack
  beforeAll(async () => {
    aws = await EmulatedAws.start()
    stack = await Stack.start({
      agent: {
        ...staticKeys,
        ...aws.environment,
        BEDROCK_PROBE: 'off',
        EMULATED: 'entra,auth-sidecar,bedrock',
      },
    })
  })
  afterAll(async () => {
    await stack?.close()
    await aws?.close()
  })
  return {
    get aws() {
      return aws
    },
    get agentUrl() {
      return stack.agentUrl
    },
  }
}
